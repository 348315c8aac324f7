import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ed25519ph } from '@noble/curves/ed25519';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa';
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';
import { bundleNoble, doorBuild } from '../../scripts/door';

const MODULES = join(__dirname, '../../node_modules');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'runtime-bundle-'));
  bundleNoble(join(directory, 'noble'));
});
afterAll(() => rmSync(directory, { recursive: true }));

let door: Promise<unknown> | undefined;

/** The door as it ships, then a program over it: unused functions must leave from the one file, too. */
async function bundleOf(program: string, options: BuildOptions = {}): Promise<string> {
  // Once: two at a time would read what the other is writing.
  await (door ??= build({ ...doorBuild('runtime'), outfile: join(directory, 'runtime/door.mjs') }));
  const common: BuildOptions = { bundle: true, platform: 'node', target: 'node20', logLevel: 'silent', nodePaths: [MODULES] };
  const stdin = { contents: program.replaceAll('cdk-keysmith/runtime', './runtime/door.mjs'), resolveDir: directory };
  const defaults: BuildOptions = { ...common, format: 'esm', minify: true, external: ['../noble/*'] };
  const { outputFiles } = await build({ ...defaults, ...options, stdin, write: false });
  return outputFiles[0].text;
}

describe('what a program does not use is not in its bundle', () => {
  const use = (name: string) => bundleOf(`import { ${name} } from 'cdk-keysmith/runtime'; console.log(${name});`);

  test.each<[string, number, RegExp]>([
    ['KeysmithError', 1, /KMS|ECDSA|noble|node:/],
    ['contextFor', 4, /ECDSA|RSA|noble|node:|AccessDenied/],
    ['keyState', 4, /ECDSA|RSA|noble|node:|GenerateDataKey/],
    ['createDirectCipher', 12, /ECDSA|RSA_|noble|node:|secp/],
    ['ecdsaDerToJose', 8, /noble|node:|AccessDenied/],
    ['createVerifier', 24, /GenerateDataKey|node:zlib|aws-crypto/],
    ['createJwtVerifier', 24, /signature-params|trailing comma|GenerateDataKey/],
    ['createHttpVerifier', 40, /GenerateDataKey|node:zlib|aws-crypto/],
  ])('%s alone is under %i KiB', async (name, kibibytes, absent) => {
    const bundle = await use(name);
    expect(bundle.length).toBeLessThan(kibibytes * 1024);
    expect(bundle).not.toMatch(absent);
  });

  test('an envelope cipher with a KMS keyring is within 20 KiB, and opens version 1 of the format only under a policy that reads it', async () => {
    const envelopes = 'KmsKeyring, createEnvelopeCipher';
    const strict = await bundleOf(`export { ${envelopes} } from 'cdk-keysmith/runtime';`);
    // 16 were aimed at. What is over it refuses unknown options, copies what is read later, keeps data keys apart from their keyring's,
    // lets related keys stand in for one another (700 bytes), ends with an abort signal (900), and inspects version 1 (590).
    expect(Buffer.byteLength(strict)).toBeLessThanOrEqual(20 * 1024);
    for (const named of [', REQUIRE_ENCRYPT_ALLOW_DECRYPT', ', FORBID_ENCRYPT_ALLOW_DECRYPT']) {
      expect(Buffer.byteLength(await bundleOf(`export { ${envelopes}${named} } from 'cdk-keysmith/runtime';`))).toBeGreaterThan(Buffer.byteLength(strict) + 150);
    }
    expect(strict).not.toMatch(/writes no suite that commits/);
  });

  test('KMS over fetch, in place of an SDK of 1.2 MB, adds at most 8 KiB to that, and is in no bundle that does not ask for it', async () => {
    const envelopes = 'KmsKeyring, createEnvelopeCipher';
    const [without, beside] = await Promise.all(['', ', fetchKms'].map((more) => bundleOf(`export { ${envelopes}${more} } from 'cdk-keysmith/runtime';`)));
    expect(Buffer.byteLength(beside) - Buffer.byteLength(without)).toBeLessThanOrEqual(8 * 1024);
    expect(beside).toMatch(/aws4_request/);
    expect(without).not.toMatch(/aws4_request|TrentService|amazonaws\.com/);
  });

  test('CDK and the AWS SDK are in none', async () => {
    const bundle = await bundleOf("export * from 'cdk-keysmith/runtime';");
    expect(bundle).not.toMatch(/aws-cdk-lib|from\s?"constructs"|@aws-sdk/);
    expect(bundle).toContain('KeysmithError');
  });

  test('noble is loaded on first use, not at start', async () => {
    const bundle = await use('createVerifier');
    expect(bundle).toMatch(/import\("\.\.\/noble\/ml-dsa\.js"\)/);
    expect(bundle).not.toMatch(/from\s?"[^"]*noble|require\("[^"]*noble/);
  });
});

describe.each(['esm', 'cjs'] as const)('a bundled program in a process of its own, %s', (format) => {
  const program = async (algorithm: string, publicKey: object, signature: Uint8Array) => {
    const source = `
      import { createVerifier } from 'cdk-keysmith/runtime';
      const verifier = createVerifier({ publicKey: ${JSON.stringify(publicKey)}, algorithm: '${algorithm}' });
      const signature = Buffer.from('${Buffer.from(signature).toString('hex')}', 'hex');
      const both = [verifier.verify('message', signature), verifier.verify('massage', signature)];
      Promise.all(both).then((answers) => console.log(JSON.stringify(answers)));`;
    const file = join(directory, `${algorithm}.${format === 'esm' ? 'mjs' : 'cjs'}`);
    writeFileSync(file, await bundleOf(source, { format, external: [] }));
    return execFileSync(process.execPath, [file], { encoding: 'utf8' }).trim();
  };

  test('verifies ML-DSA', async () => {
    const { publicKey, secretKey } = ml_dsa44.keygen(new Uint8Array(32));
    const jwk = { kty: 'AKP', alg: 'ML-DSA-44', pub: Buffer.from(publicKey).toString('base64url') };
    expect(await program('ML-DSA-44', jwk, ml_dsa44.sign(secretKey, Buffer.from('message')))).toBe('[true,false]');
  });

  test('verifies Ed25519ph', async () => {
    const secret = new Uint8Array(32).fill(7);
    const digest = createHash('sha512').update('message').digest();
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(ed25519ph.getPublicKey(secret)).toString('base64url') };
    expect(await program('Ed25519ph', jwk, ed25519ph.sign(digest, secret))).toBe('[true,false]');
  });
});
