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

/** The keys and aliases of every account and Region the engine knows. What one call needs is found without a look at all of them. */
export class KeyStore {
  private readonly keys = new Map<string, Key>();
  /** Multi-Region keys and their replicas share an id. */
  private readonly byKeyId = new Map<string, Set<Key>>();
  private readonly aliases = new Map<string, Alias>();
  private readonly byTarget = new Map<Key, Set<Alias>>();
  private readonly byToken = new Map<string, { readonly key: Key; readonly grantId: string }>();
  /** In the order in which they are listed, by place; made anew when one comes or goes. */
  private readonly listedKeys = new Map<string, readonly Key[]>();
  private readonly listedAliases = new Map<string, readonly Alias[]>();

  constructor(private readonly clock: () => Date) {}

  public add(key: Key): void {
    if (this.keys.has(key.arn)) throw new KmsException('AlreadyExistsException', `Key '${key.arn}' already exists`);
    this.keys.set(key.arn, key);
    addTo(this.byKeyId, key.id, key);
    this.listedKeys.clear();
  }

  /** Keys at a place, by id: the order in which ListKeys pages through them. */
  public keysAt(place: Place): readonly Key[] {
    this.removeExpired();
    return remembered(this.listedKeys, place, () => [...this.keys.values()].filter((key) => isAt(key, place)).sort((a, b) => (a.id < b.id ? -1 : 1)));
  }

  /** The key with this id, in whatever account: what a ciphertext blob names. Multi-Region keys share ids, so the Region counts. */
  public byId(id: string, region: string): Key | undefined {
    return this.ofId(id).find((key) => key.region === region);
  }

  public byArn(arn: string): Key | undefined {
    const key = this.keys.get(arn);
    if (key) this.catchUp(key.id);
    return this.keys.get(arn);
  }

  /** A multi-Region key and its replicas. */
  public relatedTo({ id, account }: Pick<Key, 'id' | 'account'>): Key[] {
    return this.ofId(id).filter((key) => key.account === account);
  }

  public allKeys(): Key[] {
    this.removeExpired();
    return [...this.keys.values()];
  }

  public putGrant(key: Key, grant: Grant, token: string): void {
    key.grants.set(grant.grantId, grant);
    grant.tokens.add(token);
    this.byToken.set(token, { key, grantId: grant.grantId });
  }

  public removeGrant(key: Key, grantId: string): void {
    for (const token of key.grants.get(grantId)?.tokens ?? []) this.byToken.delete(token);
    key.grants.delete(grantId);
  }

  /** A grant by its token, in whatever account. */
  public grantByToken(token: string): { readonly key: Key; readonly grant: Grant } | undefined {
    const found = this.byToken.get(token);
    const key = found && this.byArn(found.key.arn);
    const grant = key?.grants.get(found!.grantId);
    return grant && { key: key!, grant };
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
    const arn = aliasArn(place, name);
    const alias = this.aliases.get(arn);
    if (alias) this.catchUp(alias.target.id);
    return this.aliases.get(arn);
  }

  /** Aliases at a place, by name: the order in which ListAliases pages through them. */
  public aliasesAt(place: Place): readonly Alias[] {
    this.removeExpired();
    return remembered(this.listedAliases, place, () => byName([...this.aliases.values()].filter((alias) => isAt(alias, place))));
  }

  public aliasesOf(key: Key): Alias[] {
    return byName([...this.byTarget.get(key) ?? []]);
  }

  public putAlias(alias: Alias): void {
    this.aliases.set(aliasArn(alias, alias.name), alias);
    addTo(this.byTarget, alias.target, alias);
    this.listedAliases.clear();
  }

  public removeAlias(alias: Alias): void {
    this.aliases.delete(aliasArn(alias, alias.name));
    removeFrom(this.byTarget, alias.target, alias);
    this.listedAliases.clear();
  }

  /** Points an alias to another key. */
  public moveAlias(alias: Alias, target: Key, now: Date): void {
    removeFrom(this.byTarget, alias.target, alias);
    addTo(this.byTarget, target, alias);
    alias.target = target;
    alias.updatedAt = now;
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

  private ofId(id: string): Key[] {
    this.catchUp(id);
    return [...this.byKeyId.get(id) ?? []];
  }

  /**
   * What KMS has done by itself since, with a key and those that share its material: one whose waiting period is over is gone, with its aliases and
   * grants (ScheduleKeyDeletion); an enabled one has rotated when it was due. It is made up for when somebody comes by.
   */
  private catchUp(id: string): void {
    const now = this.clock();
    for (const key of this.byKeyId.get(id) ?? []) {
      if (isExpired(key, now)) this.remove(key);
      else rotateIfDue(key, now);
    }
  }

  private removeExpired(): void {
    const now = this.clock();
    for (const key of this.keys.values()) if (isExpired(key, now)) this.remove(key);
  }

  private remove(key: Key): void {
    this.keys.delete(key.arn);
    removeFrom(this.byKeyId, key.id, key);
    for (const alias of this.aliasesOf(key)) this.removeAlias(alias);
    for (const grantId of key.grants.keys()) this.removeGrant(key, grantId);
    this.listedKeys.clear();
  }
}

export function isAt(thing: Place, place: Place): boolean {
  return thing.account === place.account && thing.region === place.region;
}

function isExpired({ deletion }: Key, now: Date): boolean {
  return deletion !== undefined && deletion.date <= now;
}

function byName(aliases: Alias[]): Alias[] {
  return aliases.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function addTo<K, T>(index: Map<K, Set<T>>, at: K, thing: T): void {
  const there = index.get(at);
  if (there) there.add(thing);
  else index.set(at, new Set([thing]));
}

function removeFrom<K, T>(index: Map<K, Set<T>>, at: K, thing: T): void {
  const there = index.get(at);
  there?.delete(thing);
  if (there?.size === 0) index.delete(at);
}

function remembered<T>(lists: Map<string, readonly T[]>, { account, region }: Place, make: () => readonly T[]): readonly T[] {
  const at = `${account} ${region}`;
  const list = lists.get(at) ?? make();
  lists.set(at, list);
  return list;
}
