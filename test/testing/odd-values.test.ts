import { Agent } from 'node:http';
import { ownedBy, role } from './support/policies';
import { errorIn, headersOf, send, sign } from './support/raw';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';
import type { Member } from '../../src/testing/engine';
import { OPERATION_NAMES, inputShapeOf } from '../../src/testing/engine';

/**
 * Whatever stands at any place of any input, the answer is one of KMS's: status 500 would be the local KMS failing, and SDKs try that again.
 * Places are the members of the operations, the elements of their lists, the values of their maps and the members of their structures.
 */

const OWNER = role('Owner');
const ODD: readonly unknown[] = [null, '', 0, 1.5, true, [], [null], [[]], {}, { a: null }, [{}], 'arn:', '\ud800'];
/** What only a program can give. */
const ODD_IN_PROCESS: readonly unknown[] = [undefined, [undefined], { a: undefined }, NaN, Symbol.iterator, 7n, () => 'x', new Date(NaN), new Map([['a', 'b']]), new Uint8Array(0), Object.create(null)];

const NAMED: Readonly<Record<string, unknown>> = {
  KeyAgreementAlgorithm: 'ECDH',
  KeyPairSpec: 'ECC_NIST_P256',
  MacAlgorithm: 'HMAC_SHA_256',
  SigningAlgorithm: 'ECDSA_SHA_256',
  Operations: ['Decrypt'],
  AliasName: 'alias/odd',
  GranteePrincipal: OWNER,
  Policy: JSON.stringify(ownedBy(OWNER)),
  PendingWindowInDays: 30,
};

let local: LocalKms;
let key: string;
beforeAll(async () => {
  local = await startLocalKms({ principals: [{ arn: OWNER, managedPolicies: ['AdministratorAccess'] }] });
});
beforeEach(async () => {
  key = (await local.port('Owner').call('CreateKey')).KeyMetadata.Arn;
});
afterAll(() => local.stop());

/** An input that is right as far as its required members go. */
function plainInput(operation: string): Record<string, unknown> {
  const members = Object.entries(inputShapeOf(operation)).filter(([, { required }]) => required);
  return Object.fromEntries(members.map(([name, member]) => [name, /KeyId$/.test(name) ? key : NAMED[name] ?? plainValue(member)]));
}

function plainValue({ type, of, members = {} }: Member<unknown>): unknown {
  switch (type) {
    case 'blob': return Buffer.from('x');
    case 'list': return [plainValue(of!)];
    case 'map': return { a: 'b' };
    case 'structure': return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, plainValue(member)]));
    default: return 'x';
  }
}

/** The value with the odd one at each of its places, itself included. */
function* withOdd(member: Member<unknown>, odd: unknown): Generator<unknown> {
  yield odd;
  const { type, of, members = {} } = member;
  if (of) for (const inner of withOdd(of, odd)) yield type === 'list' ? [plainValue(of), inner] : { a: 'b', c: inner };
  for (const [name, inner] of Object.entries(members)) {
    for (const value of withOdd(inner, odd)) yield { ...plainValue(member) as object, [name]: value };
  }
}

function* inputs(operation: string, odds: readonly unknown[]): Generator<Record<string, unknown>> {
  const plain = plainInput(operation);
  for (const [name, member] of Object.entries(inputShapeOf(operation))) {
    for (const odd of odds) for (const value of withOdd(member, odd)) yield { ...plain, [name]: value };
  }
}

const inBase64 = (_: string, value: any) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString('base64') : value);

const KIND = /^[A-Z][A-Za-z]+Exception$/;

test.each(OPERATION_NAMES)('%s answers as KMS does at the port', async (operation) => {
  const port = local.port('Owner');
  for (const input of inputs(operation, [...ODD, ...ODD_IN_PROCESS])) {
    const error: any = await port.call(operation, input).then(() => undefined, (reason) => reason);
    if (error) expect({ input, name: error.name, status: error.statusCode }).toEqual({ input, name: expect.stringMatching(KIND), status: 400 });
  }
  for (const input of [null, 'text', 7, [], Symbol.iterator]) {
    await expect(port.call(operation, input as never)).rejects.toMatchObject({ name: 'SerializationException', statusCode: 400 });
  }
});

test.each(OPERATION_NAMES)('%s answers as KMS does over HTTP', async (operation) => {
  const credentials = local.credentials('Owner');
  const agent = new Agent({ keepAlive: true });
  for (const input of inputs(operation, ODD)) {
    const body = JSON.stringify(input, inBase64);
    const reply = await send(sign({ endpoint: local.endpoint, headers: headersOf(operation), body, agent }, { credentials }));
    if (reply.status !== 200) expect({ input, ...errorIn(reply) }).toMatchObject({ input, status: 400, __type: expect.stringMatching(KIND) });
  }
  agent.destroy();
});
