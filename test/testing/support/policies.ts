import type { PolicyDocument } from '../../../src/authz/types';

export const ACCOUNT = '111122223333';

export const role = (name: string, account: string = ACCOUNT) => `arn:aws:iam::${account}:role/${name}`;

/** A policy that lets one role do everything, and these statements besides. */
export function ownedBy(owner: string, ...statements: object[]): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [{ Sid: 'Owner', Effect: 'Allow', Principal: { AWS: owner }, Action: 'kms:*', Resource: '*' }, ...statements] as PolicyDocument['Statement'],
  };
}

export const allow = (sid: string, principal: object | string, actions: readonly string[], conditions?: object) => ({
  Sid: sid, Effect: 'Allow', Principal: principal, Action: actions, Resource: '*', ...(conditions && { Condition: conditions }),
});
