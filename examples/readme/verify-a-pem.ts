import { execFileSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSigner, createVerifier, fetchPublicKey, publicKeyToPem } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

/** Who signs: has a role, and KMS. Hands out three files. */
async function publish(folder: string): Promise<void> {
  const local = await startLocalKms({ keys: [{ spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', aliases: ['alias/releases'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }] });
  const key = { kms: local.port('App'), keyArn: local.keyArn('alias/releases') };
  const release = Buffer.from('release 1.2.3');
  writeFileSync(join(folder, 'release'), release);
  writeFileSync(join(folder, 'release.sig'), await createSigner({ ...key, algorithm: 'ES256' }).sign(release));
  writeFileSync(join(folder, 'release.pem'), publicKeyToPem((await fetchPublicKey(key)).spki));
  await local.stop();
}

/** Who verifies: has the files, and knows from the publisher that the algorithm is ES256. */
async function check(folder: string): Promise<void> {
  const [release, signature, pem] = ['release', 'release.sig', 'release.pem'].map((name) => readFileSync(join(folder, name)));
  // With this library, which takes no other algorithm than that, and no key or signature in an odd encoding.
  console.log('verifier  ', await createVerifier({ publicKey: pem.toString(), algorithm: 'ES256' }).verify(release, signature));

  // With node alone: ES256 is ECDSA on P-256 over SHA-256.
  console.log('node      ', verify('sha256', release, createPublicKey(pem), signature));

  // In a shell: openssl dgst -sha256 -verify release.pem -signature release.sig release
  const words = ['dgst', '-sha256', '-verify', 'release.pem', '-signature', 'release.sig', 'release'];
  console.log('openssl   ', execFileSync('openssl', words, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim());
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  try {
    await publish(folder);
    await check(folder);
    writeFileSync(join(folder, 'release'), 'release 6.6.6');
    await check(folder).catch((error: { status?: number }) => console.log('openssl   ', 'ends with', error.status));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

void main();
