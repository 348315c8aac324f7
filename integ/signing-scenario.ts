import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createJwtVerifier, createRemoteJwks, createSigningApiClient } from 'cdk-keysmith/runtime';
import { CdkCli } from './cdk';
import { DeployedAccount } from './deployed';
import { checkLeftovers, deployedKeys } from './leftovers';
import { ensure, Mismatch } from './progress';
import type { ScenarioProps } from './scenario';
import { ACTIVE, FILES_PEM, SIGNING_STACK, type Active } from './signing-app';
import { ENVIRONMENT } from '../examples/invoices/environment';
import { verifiesWithOpenssl } from '../examples/invoices/openssl';
import { bundleHandlers } from '../scripts/door';

const APP = 'integ/signing-app.ts';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const RELEASE = Buffer.from([...Buffer.from('release 1.2.3'), 0, 255]);

/** Deploys signing APIs, calls them over HTTP, changes the generation that signs, and destroys them. */
export async function playSigning({ endpoint, folder, progress, interrupted }: ScenarioProps): Promise<void> {
  bundleHandlers();
  const account = new DeployedAccount(endpoint, ENVIRONMENT);
  const cdk = new CdkCli(endpoint, ENVIRONMENT, folder, interrupted);
  const assemblyOf = (active: Active): string => join(folder, `cdk.out-signing-${active}`);
  const deploy = (active: Active): Promise<void> => cdk.deploy(assemblyOf(active), { [ACTIVE]: active }, APP);
  try {
    await progress.step('cdk deploy, signing APIs with a generation announced', () => deploy('initial'));
    const signing = await SigningInUse.at(endpoint, account);
    await progress.step('who has no AWS credentials gets no signature', () => signing.refuseStrangers());
    const first = await progress.step('a token is verified with the key set of the API, and with that of the endpoint', () => signing.issue(), ({ alg }) => alg);
    await progress.step('openssl verifies a payload and a digest with the exported PEM', () => signing.signFiles());

    await progress.step('cdk deploy, the generation of 2027 is active', () => deploy('2027'));
    const second = await progress.step('its key signs, and was published before', () => signing.issue(), ({ alg }) => alg);
    ensure(first.alg === 'ES256' && second.alg === 'ES384' && first.published.includes(second.kid), `${first.alg}, then ${second.alg} with the key ${second.kid}`);
    await progress.step('the token of the first deployment is verified', () => signing.verify(first.token));

    const keys = await deployedKeys(assemblyOf('2027'), account);
    await progress.step('cdk destroy', () => cdk.destroy(assemblyOf('2027')));
    await progress.step('no stack, function, role or alias is left; of the keys', () => checkLeftovers(account, keys), (fates) => fates);
  } finally {
    account.close();
  }
}

/** A token, the key that made it, and the keys that were published then. */
interface Issued {
  readonly token: string;
  readonly alg: string;
  readonly kid: string;
  readonly published: readonly string[];
}

/** The deployed APIs, as their callers have them: over HTTP. */
class SigningInUse {
  public static async at(endpoint: string, account: DeployedAccount): Promise<SigningInUse> {
    const resources = await account.resources(SIGNING_STACK);
    const urlOf = (id: string): string => {
      const found = [...resources].find(([logicalId, { type }]) => type === 'AWS::ApiGatewayV2::Api' && logicalId.startsWith(id));
      if (!found) throw new Mismatch(`the stack has no API ${id}`);
      // Beside the URL that API Gateway would give, whose host name is not known everywhere, the emulator has this one.
      return `${endpoint}/_aws/execute-api/${found[1].physicalId}/$default`;
    };
    return new SigningInUse(urlOf('TokenApi'), urlOf('FileApi'), urlOf('Jwks'), await account.exported(FILES_PEM));
  }

  private constructor(private readonly tokens: string, private readonly files: string, private readonly jwks: string, private readonly pem: string) {}

  public async refuseStrangers(): Promise<void> {
    for (const [url, path] of [[this.tokens, '/tokens'], [this.files, '/payload'], [this.files, '/digest']]) {
      const { status } = await fetch(`${url}${path}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
      ensure(status === 403, `a request to ${path} without credentials is answered with ${status}`);
    }
  }

  public async issue(): Promise<Issued> {
    const client = this.clientOf(this.tokens);
    const { token } = await client.issueToken('/tokens', { claims: { sub: 'c-17', roles: ['buyer'] } });
    await this.verify(token);
    const { header: { alg, kid } } = await createJwtVerifier({ keys: client.publicKeys(), issuer: false, audience: 'orders' }).verify(token);
    const { keys } = await client.publicKeys().keySet();
    return { token, alg: String(alg), kid: String(kid), published: keys.map((key) => String(key.kid)) };
  }

  /** By the endpoint that publishes the keys of both. */
  public async verify(token: string): Promise<void> {
    const { claims } = await createJwtVerifier({ keys: createRemoteJwks({ url: `${this.jwks}/.well-known/jwks.json` }), issuer: false, audience: 'orders' }).verify(token);
    ensure(claims.sub === 'c-17', `the token is about ${claims.sub}`);
  }

  public async signFiles(): Promise<void> {
    const client = this.clientOf(this.files);
    const { signature, kid } = await client.signPayload('/payload', RELEASE);
    const digested = await client.signDigest('/digest', createHash('sha256').update(RELEASE).digest());
    for (const one of [signature, digested.signature]) {
      ensure(verifiesWithOpenssl(this.pem, RELEASE, one), 'openssl does not verify what the API signed');
      ensure(!verifiesWithOpenssl(this.pem, RELEASE.subarray(1), one), 'openssl verifies what the API has not signed');
    }
    const published = await (await fetch(`${this.jwks}/keys/${kid}.pem`)).text();
    ensure(published.trim() === this.pem.trim(), `the PEM that is published is not the exported one: ${published}`);
  }

  private clientOf(url: string) {
    return createSigningApiClient({ url, credentials: CREDENTIALS, region: ENVIRONMENT.region, timeoutMs: 30_000 });
  }
}
