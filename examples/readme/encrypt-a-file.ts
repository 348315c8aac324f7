import { strict as assert } from 'node:assert';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createEnvelopeCipher, KmsKeyring, type EnvelopeCipher } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function encryptFile(cipher: EnvelopeCipher, from: string, to: string, order: string): Promise<void> {
  await pipeline(createReadStream(from), cipher.encryptStream({ encryptionContext: { order } }), createWriteStream(to));
}

/** Nobody sees the file under its name before all of it is authentic: frames come out one by one, and a later one may fail. */
async function decryptFile(cipher: EnvelopeCipher, from: string, to: string, order: string): Promise<void> {
  const part = `${to}.part`;
  try {
    await pipeline(createReadStream(from), cipher.decryptStream({ encryptionContext: { order } }), createWriteStream(part));
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function main(): Promise<void> {
  const local = await startLocalKms({ keys: [{ aliases: ['alias/orders'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const folder = await mkdtemp(join(tmpdir(), 'orders-'));
  const [report, encrypted, copy] = ['report.csv', 'report.csv.enc', 'copy.csv'].map((name) => join(folder, name));
  try {
    // In production `kms` is `new KMS({})` of @aws-sdk/client-kms.
    const keyring = new KmsKeyring({ kms: local.port('App'), keyArn: local.keyArn('alias/orders') });
    const cipher = createEnvelopeCipher({ keyring, encryptionContext: { Project: 'Orders' }, contextKeys: ['order'] });
    await writeFile(report, Buffer.alloc(5_000_000, 'some rows, '));

    await encryptFile(cipher, report, encrypted, '17');
    await decryptFile(cipher, encrypted, copy, '17');
    console.log('the same again:', (await readFile(copy)).equals(await readFile(report)));

    // A disk that was full, an upload that broke off: four of five megabytes are authentic, and that is not enough.
    await truncate(encrypted, 4_500_000);
    await rm(copy);
    await assert.rejects(decryptFile(cipher, encrypted, copy, '17'), { code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    console.log('of a file cut short is left:', existsSync(copy) || existsSync(`${copy}.part`) ? 'something' : 'nothing');
  } finally {
    await rm(folder, { recursive: true });
    await local.stop();
  }
}

void main();
