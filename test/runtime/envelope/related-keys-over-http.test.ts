import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { KMS } from '@aws-sdk/client-kms';
import { KmsKeyring, createEnvelopeCipher } from '../../../src/runtime';
import type { EnvelopeCipher } from '../../../src/runtime';
import { startLocalKms } from '../../../src/testing';
import type { LocalKms, LocalKey } from '../../../src/testing';

/** Failover with the AWS SDK's own clients, one for each Region, of which one finds nobody at its endpoint. */

const ROLE = 'arn:aws:iam::111122223333:role/App';
const SECRET = Buffer.from('4111 1111 1111 1111');
const ID = 'mrk-1234abcd12ab34cd56ef1234567890ab';
const arnOf = (region: string, keyId = ID, account = '111122223333') => `arn:aws:kms:${region}:${account}:key/${keyId}`;
const [IRELAND, FRANKFURT] = ['eu-west-1', 'eu-central-1'].map((region) => arnOf(region));
const SINGLE = '1234abcd-12ab-34cd-56ef-1234567890ab';
const UNRELATED = 'mrk-aaaaaaaa12ab34cd56ef1234567890ab';

const statement = (...Action: string[]) => ({ Effect: 'Allow' as const, Principal: { AWS: ROLE }, Action, Resource: '*' });
const policy = { Version: '2012-10-17' as const, Statement: [statement('kms:GenerateDataKey', 'kms:Encrypt', 'kms:Decrypt')] };
const keys: LocalKey[] = [
  { keyId: ID, multiRegion: true, region: 'eu-west-1', policy },
  { keyId: ID, multiRegion: true, multiRegionKeyType: 'REPLICA', region: 'eu-central-1', policy },
  { keyId: UNRELATED, multiRegion: true, region: 'eu-central-1', policy },
  { keyId: SINGLE, region: 'eu-west-1', policy },
  { keyId: SINGLE, region: 'eu-central-1', policy },
];

let local: LocalKms;
/** Where nobody listens. */
let nowhere: string;
const clients: KMS[] = [];

beforeAll(async () => {
  local = await startLocalKms({ keys, principals: [ROLE] });
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  nowhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((closed) => server.close(closed));
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  await local.stop();
});

/** A cipher for these keys, with Ireland out of reach or not. */
function cipherFor(isOut: boolean, keyArn: string, ...additionalKeyArns: string[]): EnvelopeCipher {
  const kms = (region: string): KMS => {
    const config = local.clientConfig('App', { region });
    const client = new KMS({ ...config, maxAttempts: 1, ...(isOut && region === 'eu-west-1' ? { endpoint: nowhere } : {}) });
    clients.push(client);
    return client;
  };
  return createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn, additionalKeyArns }) });
}

test('a message for Ireland alone opens in Frankfurt, and one that was made there opens in Ireland later', async () => {
  const before = await cipherFor(false, IRELAND).encrypt(SECRET);
  const during = cipherFor(true, IRELAND, FRANKFURT);
  expect((await during.decrypt(before)).plaintext).toEqual(SECRET);
  expect(local.requests.last).toMatchObject({ operation: 'Decrypt', region: 'eu-central-1', keyArn: FRANKFURT });
  const message = await during.encrypt(SECRET);
  expect((await cipherFor(false, IRELAND).decrypt(message)).plaintext).toEqual(SECRET);
});

test.each([
  ['without the related key', IRELAND, []],
  ['an unrelated multi-Region key', IRELAND, [arnOf('eu-central-1', UNRELATED)]],
  ['a related id in another account', IRELAND, [arnOf('eu-central-1', ID, '999999999999')]],
  ['single-Region keys of one id', arnOf('eu-west-1', SINGLE), [arnOf('eu-central-1', SINGLE)]],
])('nobody stands in: %s', async (_, keyArn, others) => {
  const message = await cipherFor(false, keyArn).encrypt(SECRET);
  const requests = local.requests.length;
  const cipher = cipherFor(true, keyArn, ...others);
  await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
  await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
  expect(local.requests.length).toBe(requests);
});
