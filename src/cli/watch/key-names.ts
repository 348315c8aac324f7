import { aliasesOf, keysOf } from '../../detect';
import type { CloudTrailRecord } from '../../detect';
import type { Deployment, TemplateKey } from '../../template';
import { findKey } from '../names';

/** All keys of the templates in the account and Region of a key of which nothing tells which of them it is. */
export const ANY_OF_THEM = 'any of them';

/** Which real key is which of the templates. KMS makes up the ids when the stack is deployed, so that no template knows them. */
export class KeyNames {
  private readonly byAlias: ReadonlyMap<string, string>;
  /** Real key → the templates' keys that it may be, by what showed it. */
  private readonly surely = new Map<string, string>();
  private readonly byUse = new Map<string, Set<string>>();
  private readonly met = new Set<string>();
  /** Accounts and Regions in which something showed which key is which: one of which nothing shows is another team's there. */
  private readonly toldApart = new Set<string>();
  /** Answers of `candidates`: of all keys in a place, by the place, and of a key, while nothing more shows. */
  private readonly inPlace = new Map<string, readonly TemplateKey[]>();
  private readonly known = new Map<string, readonly TemplateKey[]>();

  constructor(private readonly deployment: Deployment, given: Readonly<Record<string, string>>) {
    this.byAlias = new Map(deployment.aliases.map(({ arn, targetKeyArn }) => [arn, targetKeyArn]));
    for (const key of deployment.keys) this.surely.set(key.arn, key.arn);
    for (const [reference, arn] of Object.entries(given)) {
      this.surely.set(arn, findKey(deployment, reference).arn);
      this.toldApart.add(placeOf(arn));
    }
  }

  /** Aliases tell it for certain; who uses the key, next to it. */
  learn(record: CloudTrailRecord, usable: () => readonly TemplateKey[]): void {
    const [key] = keysOf(record);
    if (key === undefined || this.surely.has(key)) return;
    this.met.add(key);
    const alias = this.byAlias.get(aliasesOf(record)[0] ?? asAliasArn(record.requestParameters?.keyId, key));
    if (alias !== undefined && record.eventName !== 'DeleteAlias') {
      this.surely.set(key, alias);
      this.known.delete(key);
      this.toldApart.add(placeOf(key));
      return;
    }
    const found = usable();
    if (found.length === 0) return;
    this.toldApart.add(placeOf(key));
    const before = this.byUse.get(key) ?? new Set();
    for (const { arn } of found) before.add(arn);
    this.byUse.set(key, before);
  }

  /** The templates' keys in the account and Region of a key: it is one of them, or none. */
  candidates(key: string): readonly TemplateKey[] {
    let known = this.known.get(key);
    if (known === undefined) this.known.set(key, known = this.lookUp(key));
    return known;
  }

  private lookUp(key: string): readonly TemplateKey[] {
    const sure = this.surely.get(key);
    if (sure !== undefined) return this.deployment.keys.filter(({ arn }) => arn === sure);
    const [, , , region, account] = key.split(':');
    const place = `${region} ${account}`;
    let keys = this.inPlace.get(place);
    if (!keys) this.inPlace.set(place, keys = this.deployment.keys.filter((one) => one.region === region && one.account === account));
    return keys;
  }

  nameOf(key: string): string | undefined {
    const sure = this.surely.get(key);
    if (sure !== undefined) return sure;
    const used = this.byUse.get(key);
    if (used !== undefined) return used.size === 1 ? [...used][0] : ANY_OF_THEM;
    return this.noOthersHere(key) ? ANY_OF_THEM : undefined;
  }

  unnamed(): readonly string[] {
    return [...this.met].filter((key) => this.candidates(key).length > 0 && this.nameOf(key) === undefined);
  }

  /** Whether the records know no more keys in that place than the templates have, and none of them was told apart. */
  private noOthersHere(key: string): boolean {
    const place = placeOf(key);
    return !this.toldApart.has(place) && [...this.met].filter((each) => placeOf(each) === place).length <= this.candidates(key).length;
  }
}

/** `arn:aws:kms:us-east-1:111122223333` */
function placeOf(key: string): string {
  return key.slice(0, key.indexOf(':key/'));
}

function asAliasArn(keyId: unknown, key: string): string {
  if (typeof keyId !== 'string') return '';
  return keyId.startsWith('alias/') ? `${placeOf(key)}:${keyId}` : keyId;
}
