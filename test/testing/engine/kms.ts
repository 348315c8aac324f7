import type { Decision, KmsRequest, PolicyDocument } from '../../../src/authz/types';
import type { KmsCaller, KeyDefinition, RequestRecord } from '../../../src/testing/engine';
import { KmsEngine } from '../../../src/testing/engine';

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';
export const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
export const ALICE = `arn:aws:iam::${ACCOUNT}:role/Alice`;
export const BOB = `arn:aws:iam::${ACCOUNT}:role/Bob`;
export const STRANGER = 'arn:aws:iam::444455556666:role/Stranger';

/** A policy for engines whose authorization does not look at it: KMS takes a statement without an action, and it has no effect. */
export const NO_POLICY: PolicyDocument = { Version: '2012-10-17', Statement: [{ Sid: 'Nothing', Effect: 'Allow', Principal: '*', Resource: '*' }] };

const PASSED: Decision = { outcome: 'Allowed', allowed: true, decidedBy: [], reason: 'everything is allowed here', nearMisses: [] };
const REFUSED: Decision = { outcome: 'ImplicitlyDenied', allowed: false, decidedBy: [], reason: 'nothing is allowed here', nearMisses: [] };

/** An engine to try things on: what it asked authorization, what it recorded, and a clock to turn. */
export class TestKms {
  public readonly asked: KmsRequest[] = [];
  public readonly records: RequestRecord[] = [];
  public now = new Date('2026-01-01T00:00:00Z');
  public readonly engine: KmsEngine;

  constructor(authorize: (request: KmsRequest) => Decision = () => PASSED, private readonly caller: KmsCaller = { principal: ALICE }) {
    this.engine = new KmsEngine({
      account: ACCOUNT,
      region: REGION,
      clock: () => this.now,
      authorize: (request) => {
        this.asked.push(request);
        return authorize(request);
      },
      onRequest: (record) => this.records.push(record),
    });
  }

  /** @returns the key's ARN */
  public key(definition: Partial<KeyDefinition> = {}): string {
    return this.engine.addKey({ policy: NO_POLICY, ...definition });
  }

  /** Outputs are plain data; tests say which members they expect. */
  public async call(operation: string, input: Record<string, unknown> = {}, caller: Partial<KmsCaller> = {}): Promise<any> {
    return this.engine.call(operation, input, { ...this.caller, ...caller });
  }

  /** The error a call ends with, as `Name: message`; fails if it does not. */
  public async refusal(operation: string, input: Record<string, unknown> = {}, caller: Partial<KmsCaller> = {}): Promise<string> {
    return refusalOf(this.call(operation, input, caller));
  }

  public pass(days: number): void {
    this.now = new Date(this.now.getTime() + days * 24 * 60 * 60 * 1000);
  }
}

export async function refusalOf(call: Promise<unknown>): Promise<string> {
  const error: Error = await call.then((output) => { throw new Error(`succeeded with ${JSON.stringify(output)}`); }, (refused) => refused);
  return error.message ? `${error.name}: ${error.message}` : error.name;
}

/** Allows the given actions only. */
export function only(...actions: string[]): (request: KmsRequest) => Decision {
  return ({ action }) => (actions.includes(action) ? PASSED : REFUSED);
}

export function keyIdOf(arn: string): string {
  return arn.split('/')[1];
}

export const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
