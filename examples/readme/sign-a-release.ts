import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createSigner, fetchPublicKey, publicKeyToPem } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

const KEYS = [
  { algorithm: 'ES384', spec: 'ECC_NIST_P384', words: ['-sha384'] },
  { algorithm: 'PS256', spec: 'RSA_3072', words: ['-sha256', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'] },
] as const;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  const file = (name: string) => join(folder, name);
  const principals = [{ arn: 'arn:aws:iam::111122223333:role/Release', managedPolicies: ['AdministratorAccess'] }];
  const local = await startLocalKms({ keys: KEYS.map(({ spec, algorithm }) => ({ spec, usage: 'SIGN_VERIFY', aliases: [`alias/${algorithm}`] })), principals });
  try {
    await pipeline(Readable.from(Array.from({ length: 64 }, (_, index) => Buffer.alloc(2 ** 20, index))), createWriteStream(file('release.tar')));
    for (const { algorithm, words } of KEYS) {
      const key = { kms: local.port('Release'), keyArn: local.keyArn(`alias/${algorithm}`) };
      // The file is hashed as it is read; one call of KMS signs the digest.
      writeFileSync(file('release.sig'), await createSigner({ ...key, algorithm }).sign(createReadStream(file('release.tar'))));
      writeFileSync(file('release.pem'), publicKeyToPem(await fetchPublicKey(key)));
      // Whoever has the release: openssl dgst -sha384 -verify release.pem -signature release.sig release.tar
      const check = ['dgst', ...words, '-verify', 'release.pem', '-signature', 'release.sig', 'release.tar'];
      console.log(algorithm, execFileSync('openssl', check, { cwd: folder, encoding: 'utf8' }).trim());
    }
  } finally {
    rmSync(folder, { recursive: true });
    await local.stop();
  }
}

void main();
