import type { IdentityFacts, KeyFacts, PolicyStatement } from '../../../src/authz';
import type { KeyWorld, Proof } from '../../../src/proof';

/** Key worlds in few words. */

export const HOME = '111122223333';
export const ARN = `arn:aws:kms:us-east-1:${HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const role = (name: string) => `arn:aws:iam::${HOME}:role/${name}`;
export const READER = role('Reader');
export const WRITER = role('Writer');
export const ADMIN = role('Admin');
export const PARTNER = 'arn:aws:iam::444455556666:role/Partner';
export const ROOT = `arn:aws:iam::${HOME}:root`;
export const SYMBOL = 'unresolved-0123456789abcdef';

type Condition = PolicyStatement['Condition'];

export const allow = (who: string | PolicyStatement['Principal'], actions: string | string[], condition?: Condition): PolicyStatement => statement('Allow', who, actions, condition);
export const deny = (who: string | PolicyStatement['Principal'], actions: string | string[], condition?: Condition): PolicyStatement => statement('Deny', who, actions, condition);

function statement(Effect: 'Allow' | 'Deny', who: string | PolicyStatement['Principal'], Action: string | string[], Condition?: Condition): PolicyStatement {
  const Principal = typeof who !== 'string' || who === '*' ? who : { AWS: who };
  return { Effect, Principal, Action, Resource: '*', ...(Condition ? { Condition } : {}) };
}

/** A key whose policy has these statements, named S1, S2 …, and a world with these identities. */
export function keyWith(statements: readonly PolicyStatement[], facts: Partial<KeyFacts> = {}, identities: readonly IdentityFacts[] = []): KeyWorld {
  const Statement = statements.map((one, index) => ({ Sid: `S${index + 1}`, ...one }));
  return {
    key: { arn: ARN, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', policy: { Version: '2012-10-17', Statement }, ...facts },
    world: { identities },
    owners: [ADMIN],
  };
}

/** The request that shows it, without the key. */
export function shown({ counterexample }: Proof): object | undefined {
  if (!counterexample) return undefined;
  const { key, ...request } = counterexample.request;
  return request;
}
