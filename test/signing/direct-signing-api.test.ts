import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DirectSigningApi, SigningAlgorithm, SigningApi, SigningAuthorizer, SigningKey, SigningRoute } from '../../src';
import { createVerifier } from '../../src/runtime';
import { UNSIGNED } from '../../src/signing/direct-templates';
import { startLocalKms, type LocalKms } from '../../src/testing';
import { HERE, roleIn } from '../support/deployed';
import { violationsOf } from '../support/validation-report';

const shop = (app = new App()) => new Stack(app, 'Shop', { env: HERE });
const ALGORITHMS = [SigningAlgorithm.ES256, SigningAlgorithm.PS256, SigningAlgorithm.EDDSA, SigningAlgorithm.ML_DSA_44];

interface Integration {
  readonly RequestTemplates: Record<string, string>;
  readonly RequestParameters: Record<string, string>;
  readonly Uri: string;
  readonly PassthroughBehavior: string;
  readonly ContentHandling: string;
  readonly IntegrationResponses: { SelectionPattern?: string; ResponseTemplates: Record<string, string>; ContentHandling?: string }[];
}

let local: LocalKms;
const integrations: Record<string, Integration> = {};
beforeAll(async () => {
  const app = new App();
  const stack = shop(app);
  const reader = roleIn(stack, 'Reader');
  for (const algorithm of ALGORITHMS) {
    const generations = algorithm === SigningAlgorithm.ES256 ? { generations: [{ name: 'initial' }, { name: '2027' }] } : {};
    const key = new SigningKey(stack, `Key${algorithm}`, { algorithm, ...generations });
    key.grants.readPublicKey(reader);
    new DirectSigningApi(stack, `Api${algorithm}`, { key, cloudWatchRole: false });
  }
  local = await startLocalKms({ assembly: app.synth().directory });
  for (const { path, properties } of local.deployments.flatMap((deployment) => deployment.resources('AWS::ApiGateway::Method'))) {
    const algorithm = ALGORITHMS.find((name) => path!.includes(`Api${name}/`))!;
    integrations[algorithm] = properties.Integration as Integration;
  }
});
afterAll(() => local.stop());

/** What API Gateway makes of the template for bytes that were sent: `escapeJavaScript` changes nothing of base64 but its slashes. */
function callFor(algorithm: string, bytes: Uint8Array) {
  const text = integrations[algorithm].RequestTemplates['application/octet-stream'].replace('$util.escapeJavaScript($input.body)', Buffer.from(bytes).toString('base64').replace(/\//g, '\\/'));
  const { Message, ...rest } = JSON.parse(text) as { KeyId: string; Message: string; MessageType: 'RAW'; SigningAlgorithm: 'ECDSA_SHA_256' };
  return { ...rest, Message: Buffer.from(Message, 'base64') };
}

describe.each(ALGORITHMS)('%s', (algorithm) => {
  const kms = () => local.port(`Shop/Api${algorithm}/Role`);
  const bytes = Buffer.alloc(4096, 'x?>~');

  test('signs what was sent, as verifiers expect it', async () => {
    const call = callFor(algorithm, bytes);
    const { Signature } = await kms().sign(call);
    const { PublicKey } = await local.port('Shop/Reader').getPublicKey({ KeyId: call.KeyId });
    const verifier = createVerifier({ publicKey: PublicKey!, algorithm });
    expect([await verifier.verify(bytes, Signature!), await verifier.verify(bytes.subarray(1), Signature!)]).toEqual([true, false]);
  });

  test('its role may do nothing else', async () => {
    const call = callFor(algorithm, bytes.subarray(0, 32));
    const denied = { name: 'AccessDeniedException' };
    await expect(kms().getPublicKey(call)).rejects.toMatchObject(denied);
    await expect(kms().describeKey(call)).rejects.toMatchObject(denied);
    await expect(kms().verify({ ...call, Signature: Buffer.alloc(64) })).rejects.toMatchObject(denied);
    await expect(kms().sign({ ...call, MessageType: 'DIGEST' })).rejects.toMatchObject({ name: /AccessDenied|Validation/ });
    const other = integrations[ALGORITHMS.find((name) => name !== algorithm)!].RequestTemplates['application/octet-stream'];
    await expect(kms().sign({ ...call, KeyId: (JSON.parse(other) as { KeyId: string }).KeyId })).rejects.toMatchObject({ name: /AccessDenied|InvalidKeyUsage/ });
  });

  test('API Gateway takes bytes, and nothing that could become a part of the request', () => {
    const { RequestTemplates, PassthroughBehavior, ContentHandling, RequestParameters, Uri, IntegrationResponses } = integrations[algorithm];
    expect([Object.keys(RequestTemplates), PassthroughBehavior, ContentHandling]).toEqual([['application/octet-stream'], 'NEVER', 'CONVERT_TO_TEXT']);
    expect([Uri, RequestParameters['integration.request.header.X-Amz-Target']]).toEqual(['arn:aws:apigateway:eu-west-1:kms:action/Sign', "'TrentService.Sign'"]);
    expect(IntegrationResponses.map(({ SelectionPattern, ContentHandling: handling }) => [SelectionPattern, handling])).toEqual([[undefined, 'CONVERT_TO_BINARY'], ['4\\d{2}', undefined], ['5\\d{2}', undefined]]);
  });
});

test('of several generations, with the active one alone', () => {
  const stack = shop();
  const key = new SigningKey(stack, 'Key', { generations: [{ name: 'initial' }, { name: '2027' }], active: '2027' });
  new DirectSigningApi(stack, 'Api', { key });
  const signs = Object.entries(Template.fromStack(stack).findResources('AWS::KMS::Key')).filter(([, resource]) => JSON.stringify(resource).includes('SignForApiGateway')).map(([id]) => id);
  expect(signs).toEqual([expect.stringMatching(/^KeyGeneration2027/)]);
});

describe('while the active generation changes', () => {
  const deployed = (active: string) => {
    const stack = shop();
    const key = new SigningKey(stack, 'Key', { generations: [{ name: 'initial' }, { name: '2027' }, { name: 'old', retired: true }], active });
    new DirectSigningApi(stack, 'Api', { key });
    const resources = (Template.fromStack(stack).toJSON() as { Resources: Record<string, { Type: string; DependsOn?: string[] }> }).Resources;
    const named = (type: string) => Object.keys(resources).filter((id) => resources[id].Type === type);
    return { resources, stage: named('AWS::ApiGateway::Stage')[0], deployment: named('AWS::ApiGateway::Deployment')[0], keys: named('AWS::KMS::Key') };
  };

  test('the old one loses the right to sign after the stage of the API names the new one', () => {
    for (const active of ['initial', '2027']) {
      const { resources, stage, keys } = deployed(active);
      const isActive = (id: string) => JSON.stringify(resources[id]).includes('SignForApiGateway');
      const waiting = keys.filter((id) => (resources[id].DependsOn ?? []).includes(stage));
      expect([keys.length, waiting]).toEqual([3, keys.filter((id) => !isActive(id))]);
    }
  });

  test('and the stage does so, as another key is another deployment of the API', () => {
    expect(deployed('initial').deployment).not.toBe(deployed('2027').deployment);
  });

  test('a key in another stack, which is deployed first, waits for nothing of it', () => {
    const app = new App();
    const key = new SigningKey(shop(app), 'Key', { generations: [{ name: 'initial' }, { name: '2027' }], active: '2027' });
    new DirectSigningApi(new Stack(app, 'Apis', { env: HERE }), 'Api', { key, roleName: 'signs-for-api' });
    expect(app.synth().getStackByName('Shop').dependencies.map(({ id }) => id)).toEqual(['Shop.assets']);
  });
});

test.each<[string, (scope: Stack) => unknown, string]>([
  ['Ed25519ph', (scope) => new DirectSigningApi(scope, 'Api', { key: new SigningKey(scope, 'Key', { algorithm: SigningAlgorithm.ED25519PH }) }), "'Shop/Api': Ed25519ph is made of a digest, which API Gateway cannot make: use SigningApi"],
  ['a key that makes tokens', (scope) => {
    const key = new SigningKey(scope, 'Key');
    const routes = [SigningRoute.publicKeys(), SigningRoute.jwt({ path: '/t', audiences: ['a'], claims: [], lifetime: Duration.minutes(1) })];
    new SigningApi(scope, 'Tokens', { key, authorizer: SigningAuthorizer.iam(), routes });
    return new DirectSigningApi(scope, 'Api', { key });
  }, "'Shop/Key' makes tokens in 'Shop/Tokens' and signs what callers give in 'Shop/Api'"],
  ['a throttle of nothing', (scope) => new DirectSigningApi(scope, 'Api', { key: new SigningKey(scope, 'Key'), throttle: { rateLimit: 0 } }), "'Shop/Api': rateLimit of the throttle is 0: give a whole number, 1 at least for each of the 1 routes that share it"],
])('%s is refused', (_, define, message) => expect(() => define(shop())).toThrow(message));

test('who calls has AWS credentials, and a grant for the one route', () => {
  const stack = shop();
  new DirectSigningApi(stack, 'Api', { key: new SigningKey(stack, 'Key') }).grantInvoke(roleIn(stack, 'Caller'));
  const template = Template.fromStack(stack);
  template.allResourcesProperties('AWS::ApiGateway::Method', { AuthorizationType: 'AWS_IAM' });
  template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow' }] } });
  template.hasResourceProperties('AWS::ApiGateway::Stage', { MethodSettings: [{ ThrottlingRateLimit: 100, ThrottlingBurstLimit: 100, DataTraceEnabled: false }] });
});

test('a REST API can have logs: the account is given a role for them first, which stays', () => {
  const stack = shop();
  new DirectSigningApi(stack, 'Api', { key: new SigningKey(stack, 'Key') });
  const template = Template.fromStack(stack);
  const [[account, { DeletionPolicy }]] = Object.entries(template.findResources('AWS::ApiGateway::Account'));
  const [{ DependsOn }] = Object.values(template.findResources('AWS::ApiGateway::Stage'));
  expect([DeletionPolicy, DependsOn]).toEqual(['Retain', expect.arrayContaining([account])]);
});

test('AwsSolutions of cdk-nag finds nothing that is not acknowledged with a reason', () => {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = shop(app);
  new DirectSigningApi(stack, 'Api', { key: new SigningKey(stack, 'Key') });
  expect(violationsOf(app)).toEqual([]);
});

/** As API Gateway (Velocity) evaluates the template for an error of KMS: the status, and what is told. */
function told(type: string): [status: number, error: string] {
  let taken = false;
  let open = true;
  let status = 503;
  let text = '';
  for (const line of UNSIGNED.split('\n')) {
    const [, condition] = /^#(?:if|elseif)\((.*)\)$/.exec(line) ?? [];
    if (condition !== undefined || line === '#else') {
      const holds = condition === undefined || [...condition.matchAll(/\$type\.contains\('(\w+)'\)/g)].some(([, part]) => type.includes(part));
      open = !taken && holds;
      taken ||= holds;
    } else if (line === '#end') {
      open = true;
    } else if (open && line.startsWith('#set($context')) {
      status = Number(/= (\d+)\)$/.exec(line)![1]);
    } else if (open && line.startsWith('{')) {
      text += line;
    }
  }
  return [status, (JSON.parse(text) as { error: string }).error];
}

test.each<[string, number, string]>([
  ['ThrottlingException', 429, 'throttled'],
  ['ValidationException', 400, 'invalid_request'],
  ['SerializationException', 400, 'invalid_request'],
  ['AccessDeniedException', 503, 'unavailable'],
  ['DisabledException', 503, 'unavailable'],
  ['KMSInternalException', 503, 'unavailable'],
])('%s of KMS is told as %i', (type, status, error) => expect(told(type)).toEqual([status, error]));
