import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { GrantFacts, KeyFacts, KmsRequest, OneOrMore } from '../../../src/authz';

/**
 * One request to KMS as it arrives there when an AWS service is used, or a near miss that a key policy must refuse. Taken from AWS's pages, and from
 * nothing in this library: what a view writes is judged by these.
 *
 * Texts hold placeholders: `{name}` is the resource that has the key, `{otherName}` one that has not, `{arn}` the ARN of the secret; `{writer}` and
 * `{reader}` were granted writing and reading by the construct's own methods, `{executionRole}` is the role that the service takes on or runs the app's code
 * under, `{stranger}` was granted nothing, `{foreign}` is of the other account.
 */
export interface Row {
  readonly id: string;
  readonly flow: string;
  /** What the app has besides the resource for this to happen. */
  readonly setup?: string;
  readonly caller: string;
  readonly principal: string;
  readonly action: string;
  /** `kms:ViaService`; absent where the service calls as itself, and from direct calls. */
  readonly via?: string;
  readonly context?: Readonly<Record<string, string>>;
  readonly conditionKeys?: Readonly<Record<string, OneOrMore<string>>>;
  /** Grants on the key at that time, and which of them is to be retired. */
  readonly grants?: readonly GrantFacts[];
  readonly grantId?: string;
  readonly expect: 'allow' | 'deny';
  /** `unsure`: the pages contradict each other or are silent. Such rows say what would be safe, and are not judged. */
  readonly certainty: 'documented' | 'derived' | 'unsure';
  /** The page of docs.aws.amazon.com, and what it says. */
  readonly page: string;
  readonly says?: string;
}

/** What the placeholders stand for. */
export type Values = Readonly<Record<string, string | undefined>>;

/** Service → its rows, one file a service. Services are called as in `KmsService`. */
export const TABLE: ReadonlyMap<string, readonly Row[]> = new Map(readdirSync(__dirname).filter((file) => file.endsWith('.json')).map((file) => [
  basename(file, '.json').toUpperCase().replace(/-/g, '_'), JSON.parse(readFileSync(join(__dirname, file), 'utf8')) as Row[],
]));

/** A row with its placeholders filled in. Throws for one that has no value. */
export function fill(row: Row, values: Values): Row {
  return JSON.parse(JSON.stringify(row).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`row '${row.id}' has {${name}}, and nothing says what that is`);
    return value;
  })) as Row;
}

/** The request of a row whose placeholders are filled in. */
export function requestOf({ principal, action, via, context, conditionKeys, grants, grantId }: Row, key: KeyFacts): KmsRequest {
  return { principal, action, key: { ...key, grants }, viaService: via, encryptionContext: context, conditionKeys, grantId };
}
