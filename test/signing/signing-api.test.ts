import { App, Duration, Size, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AwsSolutionsChecks } from 'cdk-nag';
import {
  JwksEndpoint, JwksHosting, SigningAlgorithm, SigningApi, SigningAuthorizer, SigningKey, SigningRoute, type SigningApiProps,
} from '../../src';
import { decideByIam } from '../../src/authz';
import { Deployed, HERE, roleIn } from '../support/deployed';
import { violationsOf } from '../support/validation-report';

const MINUTES = Duration.minutes(5);
const jwt = (more: object = {}) => SigningRoute.jwt({ path: '/tokens', audiences: ['orders'], claims: ['roles'], lifetime: MINUTES, ...more });
const payload = (more: object = {}) => SigningRoute.payload({ path: '/payload', ...more });
const digest = () => SigningRoute.digest({ path: '/digest' });
const keys = () => SigningRoute.publicKeys();
const shop = (app = new App()) => new Stack(app, 'Shop', { env: HERE });

function apiIn(scope: Stack, props: Partial<SigningApiProps> = {}, id = 'Api'): SigningApi {
  return new SigningApi(scope, id, { key: props.key ?? new SigningKey(scope, `${id}Key`), authorizer: SigningAuthorizer.iam(), routes: [jwt(), keys()], ...props });
}

describe('what SigningApi refuses', () => {
  const withKey = (algorithm: SigningAlgorithm, ...routes: SigningRoute[]) => (scope: Stack) => apiIn(scope, { key: new SigningKey(scope, 'Key', { algorithm }), routes });
  const withRoutes = (...routes: SigningRoute[]) => withKey(SigningAlgorithm.ES256, ...routes);
  const APART = /^'Shop\/Key' makes tokens in 'Shop\/\w+' and signs what callers give in 'Shop\/\w+': who may have bytes signed could make any token. Give one of them a key of its own$/;

  test.each<[string, (scope: Stack) => unknown, string | RegExp]>([
    ['no routes', withRoutes(), "'Shop/Api' has no routes: name what is signed, SigningRoute.jwt(…) for instance"],
    ['a path twice', withRoutes(jwt(), jwt({ audiences: ['billing'] })), "'Shop/Api' has two routes at '/tokens'"],
    ['keys twice', withRoutes(keys(), keys()), "'Shop/Api' publishes its keys twice: once is enough"],
    ['tokens and payloads', withRoutes(jwt(), payload()), APART],
    ['digests and tokens', withRoutes(digest(), jwt()), APART],
    ['tokens and payloads of one key in two APIs', (scope) => {
      const key = new SigningKey(scope, 'Key');
      apiIn(scope, { key });
      apiIn(scope, { key, routes: [digest()] }, 'Other');
    }, APART],
    ['tokens with Ed25519ph', withKey(SigningAlgorithm.ED25519PH, jwt()), "'Shop/Api': JOSE has no name for Ed25519ph, so that '/tokens' could make no token: use a key for EdDSA, or SigningRoute.payload(…)"],
    ['digests with EdDSA', withKey(SigningAlgorithm.EDDSA, digest()), "'Shop/Api': EdDSA signs messages and no digests: give '/digest' to SigningRoute.payload(…)"],
    ['long payloads with ML-DSA', withKey(SigningAlgorithm.ML_DSA_65, payload({ maxSize: Size.bytes(4097) })), "'Shop/Api': '/payload' has maxSize 4097 bytes: with ML-DSA-65 give 1 to 4096, or say longMessages of the key"],
    ['payloads that Lambda does not take', withRoutes(payload({ maxSize: Size.mebibytes(5) })), "'Shop/Api': '/payload' has maxSize 5242880 bytes: with ES256 give 1 to 4194304"],
    ['a throttle of nothing', (scope) => apiIn(scope, { throttle: { rateLimit: 0 } }), "'Shop/Api': rateLimit of the throttle is 0: give a whole number, 1 at least for each of the 1 routes that share it"],
    ['a throttle too small to share', (scope) => apiIn(scope, { routes: [payload(), digest()], throttle: { rateLimit: 1 } }), "'Shop/Api': rateLimit of the throttle is 1: give a whole number, 1 at least for each of the 2 routes that share it"],
    ['an issuer that is no https URL', (scope) => apiIn(scope, { issuer: 'http://shop.example' }), "'Shop/Api': issuer is 'http://shop.example': give an https URL without a query and without a slash at its end"],
    ['lists that a function cannot be told', withRoutes(jwt({ claims: Array.from({ length: 300 }, (_, i) => `claim-${i}`) })), /'Shop\/Api' has routes of \d+ characters, and a function can be told 3000: shorten the lists, or make two APIs/],
    ['grantInvoke beside tokens of an issuer', (scope) => apiIn(scope, { authorizer: SigningAuthorizer.jwt({ issuer: 'https://idp.example', audiences: ['shop'] }) }).grantInvoke(roleIn(scope, 'Role')),
      "'Shop/Api' lets in tokens of an issuer, not AWS principals: grantInvoke is for SigningAuthorizer.iam()"],
    ['grantInvoke for a path that is none', (scope) => apiIn(scope).grantInvoke(roleIn(scope, 'Role'), '/other'), "'Shop/Api' signs nothing at '/other': it has /tokens"],
  ])('%s', (_, define, message) => expect(() => define(shop())).toThrow(message));
});

describe('what a route refuses', () => {
  test.each<[string, () => unknown, string]>([
    ['no audience', () => jwt({ audiences: [] }), "SigningRoute.jwt('/tokens'): name at least one audience: tokens for nobody are tokens for everybody"],
    ['an empty audience', () => jwt({ audiences: [''] }), "SigningRoute.jwt('/tokens'): name at least one audience"],
    ['claims of the signer', () => jwt({ claims: ['iss', 'roles', 'exp'] }), "SigningRoute.jwt('/tokens'): 'iss', 'exp' among the claims: the signer sets iss, aud, exp, iat"],
    ['two subjects', () => jwt({ claims: ['sub'], subjectFromCaller: true }), "SigningRoute.jwt('/tokens'): 'sub' among the claims, and subjectFromCaller: it is one or the other"],
    ['a lifetime of half a second', () => jwt({ lifetime: Duration.millis(500) }), "SigningRoute.jwt('/tokens'): lifetime is 0.5 seconds: give a whole number of them"],
    ['a lifetime of years', () => jwt({ lifetime: Duration.days(367) }), "SigningRoute.jwt('/tokens'): lifetime is 367 days: give up to 366, since a token cannot be called back"],
    ...['tokens', '/', '/tokens/', '/{proxy+}', '/a b', ''].map((path): [string, () => unknown, string] => [`the path '${path}'`, () => jwt({ path }), `SigningRoute.jwt(…): path is '${path}': give one like '/tokens'`]),
    ...['/keys', '/keys/a', '/.well-known/x'].map((path): [string, () => unknown, string] => [`the path ${path}`, () => payload({ path }), `SigningRoute.payload(…): path is '${path}': published keys are there`]),
    ['an authorizer without audiences', () => SigningAuthorizer.jwt({ issuer: 'https://idp.example', audiences: [] }), "SigningAuthorizer.jwt(…): 'audiences' is empty: tokens that the issuer made for others would do"],
    ['an authorizer of an issuer without https', () => SigningAuthorizer.jwt({ issuer: 'idp.example', audiences: ['a'] }), "SigningAuthorizer.jwt(…): issuer is 'idp.example': give an https URL without a query"],
    ['a domain name without a certificate', () => JwksHosting.cloudFront({ domainName: 'keys.example' }), 'JwksHosting.cloudFront(…): domainName and certificate go together: give both, or neither'],
  ])('%s', (_, define, message) => expect(define).toThrow(message));
});

describe('who gets to the function', () => {
  const routesOf = (scope: Stack) => Object.values(Template.fromStack(scope).findResources('AWS::ApiGatewayV2::Route'))
    .map(({ Properties: { RouteKey, AuthorizationType, AuthorizerId } }) => [RouteKey, AuthorizationType, Boolean(AuthorizerId)]);
  const open = [['GET /.well-known/jwks.json', 'NONE', false], ['GET /keys/{file}', 'NONE', false], ['GET /.well-known/openid-configuration', 'NONE', false]];

  test.each<[string, SigningAuthorizer, readonly unknown[]]>([
    ['with AWS credentials', SigningAuthorizer.iam(), ['POST /tokens', 'AWS_IAM', false]],
    ['with tokens', SigningAuthorizer.jwt({ issuer: 'https://idp.example', audiences: ['shop'] }), ['POST /tokens', 'JWT', true]],
  ])('%s, and everybody to published keys alone', (_, authorizer, signs) => {
    const stack = shop();
    apiIn(stack, { authorizer });
    expect(routesOf(stack)).toEqual([signs, ...open]);
  });

  test('grantInvoke lets somebody in at the paths named, and at no other', () => {
    const app = new App();
    const stack = shop(app);
    const api = apiIn(stack, { routes: [payload(), digest(), keys()] });
    const [all, some, none] = ['All', 'Some', 'None'].map((id) => roleIn(stack, id));
    api.grantInvoke(all);
    api.grantInvoke(some, '/digest');
    const { deployment } = new Deployed(app);
    const id = deployment.resources('AWS::ApiGatewayV2::Api').map(({ stack: name, logicalId }) => deployment.physicalId(name, logicalId))[0];
    const may = (role: typeof all, path: string) => decideByIam({ identities: deployment.identities }, {
      principal: deployment.identities.find((identity) => identity.path === `${role.node.path}/Resource`)!.arn,
      action: 'execute-api:Invoke',
      resource: `arn:aws:execute-api:eu-west-1:111122223333:${id}/$default/POST${path}`,
    }).allowed;
    expect([all, some, none].map((role) => ['/payload', '/digest', '/other'].map((path) => may(role, path)))).toEqual([[true, true, false], [false, true, false], [false, false, false]]);
  });
});

describe('a key of another stack, which is deployed first', () => {
  function scene(roleName?: string) {
    const app = new App();
    const [keyStack, stack] = ['Keys', 'Shop'].map((id) => new Stack(app, id, { env: HERE }));
    const key = new SigningKey(keyStack, 'Key');
    apiIn(stack, { key, roleName });
    return { app, key };
  }

  test('lets in the role of the function, if it has a name', () => {
    const { app, key } = scene('shop-tokens');
    const call = { parameters: { SigningAlgorithm: 'ECDSA_SHA_256', MessageType: 'DIGEST' } };
    const role = 'arn:aws:iam::111122223333:role/shop-tokens';
    const deployed = new Deployed(app);
    expect(['kms:Sign', 'kms:GetPublicKey', 'kms:Verify'].map((action) => deployed.outcome(role, action, key, call))).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
  });

  test('and says what is to be named, if it has none', () => {
    const { app } = scene();
    expect(() => app.synth()).toThrow("'Shop/Api/Handler' cannot be granted");
  });
});

describe('how often', () => {
  const settingsOf = (scope: Stack) => Object.values(Template.fromStack(scope).findResources('AWS::ApiGatewayV2::Stage'))[0].Properties.RouteSettings as Record<string, object>;

  test.each<[string, Partial<SigningApiProps>, string, object]>([
    ['a tenth of the quota of KMS', {}, 'POST /tokens', { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 100 }],
    ['shared by the routes that sign', { routes: [payload(), digest(), keys()] }, 'POST /digest', { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 50 }],
    ['as was said', { throttle: { rateLimit: 7, burstLimit: 9 } }, 'POST /tokens', { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 }],
    ['of published keys what signing is not slowed by', { throttle: { rateLimit: 7 } }, 'GET /.well-known/jwks.json', { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 }],
  ])('%s', (_, props, routeKey, expected) => {
    const stack = shop();
    apiIn(stack, props);
    expect(settingsOf(stack)[routeKey]).toEqual({ DetailedMetricsEnabled: true, ...expected });
  });

  test('the stage waits for its routes: API Gateway refuses settings of a route that is not there', () => {
    const stack = shop();
    apiIn(stack);
    const template = Template.fromStack(stack);
    const [{ DependsOn }] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
    expect(DependsOn).toEqual(expect.arrayContaining(Object.keys(template.findResources('AWS::ApiGatewayV2::Route'))));
  });
});

test('the access log has no body, no query, no header and no token', () => {
  const stack = shop();
  apiIn(stack);
  const [{ Properties: { AccessLogSettings: { Format } } }] = Object.values(Template.fromStack(stack).findResources('AWS::ApiGatewayV2::Stage'));
  expect(Object.values(JSON.parse(Format) as object).sort()).toEqual([
    '$context.authorizer.claims.sub', '$context.authorizer.error', '$context.identity.sourceIp', '$context.identity.userArn', '$context.integrationErrorMessage', '$context.requestId',
    '$context.requestTimeEpoch', '$context.responseLatency', '$context.responseLength', '$context.routeKey', '$context.status',
  ]);
});

test.each<[string, string, string]>([['requests', 'Count', 'SampleCount'], ['clientErrors', '4xx', 'Sum'], ['serverErrors', '5xx', 'Sum'], ['latency', 'Latency', 'Average'], ['throttledInvocations', 'Throttles', 'Sum']])(
  'metrics.%s is %s of CloudWatch, %s', (name, metricName, statistic) => {
    const { metrics } = apiIn(shop());
    expect(metrics[name as keyof typeof metrics]()).toMatchObject({ metricName, statistic });
  });

test('one function reads the public keys of a stack, with one resource for each form that is asked for', () => {
  const stack = shop();
  const [one, other, never] = ['One', 'Other', 'Never'].map((id) => new SigningKey(stack, id));
  for (const value of [one.publicKeyPem, one.publicKeyPem, one.jwk, other.jwk]) stack.exportValue(value);
  const template = Template.fromStack(stack);
  template.resourceCountIs('Custom::KeysmithPublicKey', 3);
  template.resourceCountIs('AWS::Lambda::Function', 1);
  expect(JSON.stringify(template.findResources('AWS::KMS::Key')[stack.getLogicalId(never.node.defaultChild as never)])).not.toContain('KeysmithPublicKeyReader');
});

test.each(['publicKeyPem', 'jwk'] as const)('%s of ML-DSA-87 is longer than CloudFormation takes', (form) => {
  const key = new SigningKey(shop(), 'Key', { algorithm: SigningAlgorithm.ML_DSA_87 });
  expect(() => key[form]).toThrow(`${form} of 'Shop/Key': the public key of ML-DSA-87 is longer than the 4096 bytes that CloudFormation takes from a custom resource: publish it with JwksEndpoint`);
});

test('AwsSolutions of cdk-nag finds nothing that is not acknowledged with a reason', () => {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = shop(app);
  apiIn(stack, { tracing: true });
  apiIn(stack, { routes: [payload(), digest(), keys()], authorizer: SigningAuthorizer.jwt({ issuer: 'https://idp.example', audiences: ['shop'] }) }, 'Files');
  const key = new SigningKey(stack, 'Key');
  stack.exportValue(key.publicKeyPem);
  new JwksEndpoint(stack, 'Jwks', { keys: [key] });
  new JwksEndpoint(stack, 'Site', { keys: [key], hosting: JwksHosting.cloudFront() });
  const certificate = Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:us-east-1:111122223333:certificate/01234567-0123-0123-0123-0123456789ab');
  new JwksEndpoint(stack, 'Named', { keys: [key], hosting: JwksHosting.cloudFront({ domainName: 'keys.example.com', certificate }) });
  expect(violationsOf(app)).toEqual([]);
});
