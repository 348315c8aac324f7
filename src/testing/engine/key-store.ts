import { KmsException, notFound } from './exceptions';
import type { Grant, Key } from './key';
import { rotateIfDue } from './rotation';
import { partitionOf } from '../../spec/partitions';

/** Where identifiers without account and Region are looked up: the caller's account, the endpoint's Region. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

/** An alias and the key it points to. */
export interface Alias extends Place {
  /** `alias/…` */
  readonly name: string;
  readonly createdAt: Date;
  target: Key;
  updatedAt: Date;
}

const KEY_ID = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|mrk-[0-9a-f]{32})$/i;
const KMS_ARN = /^arn:[^:]+:kms:([^:]*):([^:]*):(key|alias)\/(.+)$/;

export function keyArn({ account, region }: Place, id: string): string {
  return `arn:${partitionOf(region)}:kms:${region}:${account}:key/${id}`;
}

export function aliasArn({ account, region }: Place, name: string): string {
  return `arn:${partitionOf(region)}:kms:${region}:${account}:${name}`;
}

/** The keys and aliases of every account and Region the engine knows. */
export class KeyStore {
  private readonly keys = new Map<string, Key>();
  private readonly aliases = new Map<string, Alias>();

  constructor(private readonly clock: () => Date) {}

  public add(key: Key): void {
    if (this.keys.has(key.arn)) throw new KmsException('AlreadyExistsException', `Key '${key.arn}' already exists`);
    this.keys.set(key.arn, key);
  }

  /** Keys at a place, by id: the order in which ListKeys pages through them. */
  public keysAt(place: Place): Key[] {
    return this.allKeys().filter((key) => isAt(key, place)).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The key with this id, in whatever account: what a ciphertext blob names. Multi-Region keys share ids, so the Region counts. */
  public byId(id: string, region: string): Key | undefined {
    return this.allKeys().find((key) => key.id === id && key.region === region);
  }

  public byArn(arn: string): Key | undefined {
    this.catchUp();
    return this.keys.get(arn);
  }

  /** A multi-Region key and its replicas. */
  public relatedTo(key: Pick<Key, 'id' | 'account'>): Key[] {
    return this.allKeys().filter(({ id, account }) => id === key.id && account === key.account);
  }

  public allKeys(): Key[] {
    this.catchUp();
    return [...this.keys.values()];
  }

  /** A grant by its token, in whatever account. */
  public grantByToken(token: string): { readonly key: Key; readonly grant: Grant } | undefined {
    for (const key of this.allKeys()) {
      for (const grant of key.grants.values()) if (grant.tokens.has(token)) return { key, grant };
    }
    return undefined;
  }

  /**
   * The key that an identifier means: key id, key ARN, alias name or alias ARN.
   *
   * @returns undefined if it is in another account and not there: whether it exists is for its owners to know
   * @throws NotFoundException if the caller's own account has no such key or alias, or the identifier is none
   */
  public resolve(identifier: string, from: Place): Key | undefined {
    const arn = KMS_ARN.exec(identifier);
    if (arn) {
      const [, region, account, kind, rest] = arn;
      if (region !== from.region) throw notFound(`Invalid arn ${region}`);
      const place = { account, region };
      return kind === 'key' ? this.key(rest, place, from) : this.target(`alias/${rest}`, place, from);
    }
    if (identifier.startsWith('arn:')) throw notFound(`Invalid arn ${identifier.split(':')[3] ?? ''}`);
    if (identifier.startsWith('alias/')) return this.target(identifier, from, from);
    const key = this.keys.has(keyArn(from, identifier)) || KEY_ID.test(identifier) ? this.key(identifier, from, from) : undefined;
    if (!key) throw notFound(`Invalid keyId '${identifier}'`);
    return key;
  }

  public alias(name: string, place: Place): Alias | undefined {
    this.catchUp();
    return this.aliases.get(aliasArn(place, name));
  }

  public aliasesAt(place: Place): Alias[] {
    this.catchUp();
    return [...this.aliases.values()].filter((alias) => isAt(alias, place)).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  public aliasesOf(key: Key): Alias[] {
    return this.aliasesAt(key).filter(({ target }) => target === key);
  }

  public putAlias(alias: Alias): void {
    this.aliases.set(aliasArn(alias, alias.name), alias);
  }

  public removeAlias(alias: Alias): void {
    this.aliases.delete(aliasArn(alias, alias.name));
  }

  private key(id: string, place: Place, from: Place): Key | undefined {
    const key = this.byArn(keyArn(place, id));
    if (!key && place.account === from.account) throw notFound(`Key '${keyArn(place, id)}' does not exist`);
    return key;
  }

  private target(name: string, place: Place, from: Place): Key | undefined {
    const alias = this.alias(name, place);
    if (!alias && place.account === from.account) throw notFound(`Alias ${aliasArn(place, name)} is not found.`);
    return alias?.target;
  }

  /**
   * What KMS does by itself as time passes: a key whose waiting period is over is gone, with its aliases and grants
   * (ScheduleKeyDeletion); an enabled one rotates when it is due.
   */
  private catchUp(): void {
    const now = this.clock();
    for (const key of this.keys.values()) {
      if (key.deletion && key.deletion.date <= now) this.remove(key);
      else rotateIfDue(key, now);
    }
  }

  private remove(key: Key): void {
    this.keys.delete(key.arn);
    for (const alias of this.aliases.values()) if (alias.target === key) this.removeAlias(alias);
  }
}

function isAt(thing: Place, place: Place): boolean {
  return thing.account === place.account && thing.region === place.region;
}
