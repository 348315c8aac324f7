import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type * as Jose from 'jose' with { 'resolution-mode': 'import' };

const load = createRequire(__filename);

/** jose is an ES module, which Jest's `require` does not take: it is bundled into one that it takes. */
function asCommonJs(name: string): unknown {
  const directory = mkdtempSync(join(tmpdir(), 'library-'));
  try {
    const outfile = join(directory, 'library.cjs');
    const stdin = { contents: `export * from '${name}';`, resolveDir: __dirname };
    buildSync({ stdin, bundle: true, platform: 'node', format: 'cjs', target: 'node20', outfile });
    return load(outfile);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const jose = asCommonJs('jose') as typeof Jose;

type Claims = Record<string, unknown>;

/** The parts that are used of libraries without types, or with types that want a newer Node. */
export const fastJwt = load('fast-jwt') as {
  createVerifier(options: { key: string; cache?: boolean; allowedIss?: string; allowedAud?: string }): (token: string) => Claims;
  createSigner(options: { key: string; algorithm: string; kid?: string }): (claims: object) => string;
};
export const jsonwebtoken = load('jsonwebtoken') as {
  verify(token: string, key: string, options: { algorithms: string[]; issuer?: string; audience?: string }): Claims;
};
export const awsJwtVerify = load('aws-jwt-verify') as {
  JwtVerifier: {
    create(options: { issuer: string; audience: string; jwksUri: string }): {
      cacheJwks(jwks: object): void;
      verifySync(token: string): Claims;
    };
  };
};
