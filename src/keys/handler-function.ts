import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations, type Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** What a function of this library is made of. */
export interface HandlerFunctionProps {
  /** The handler, by the name of its file in src/handlers/entries. */
  readonly handler: 'signing-api' | 'jwks' | 'jwks-publisher' | 'public-key';
  readonly description: string;
  readonly timeout: Duration;
  readonly tracing?: boolean;
  /** @default - CloudFormation makes a name */
  readonly roleName?: string;
}

/** Built with the package. From src and from lib it is as far. */
const ASSETS = join(__dirname, '../../assets');

/** Megabytes: with less a function has too little of a processor to start soon. */
const MEMORY = 256;

/**
 * A function that runs one of the handlers that ship with the package. Its role may write to a log group of its own, and nothing else until a key is attached: the
 * managed policy that CDK would give it lets it make and write every log group of the account.
 */
export function handlerFunction(scope: Construct, id: string, { handler, description, timeout, tracing, roleName }: HandlerFunctionProps): Function {
  const logGroup = new LogGroup(scope, `${id}Logs`, { retention: RetentionDays.ONE_YEAR });
  const role = new Role(scope, `${id}Role`, { roleName, assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description: `Runs ${scope.node.path}/${id}`.slice(0, 1000) });
  logGroup.grantWrite(role);
  if (tracing) Validations.of(role).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason: 'X-Ray has no resources to name for segments and telemetry (Service Authorization Reference)' });
  return new Function(scope, id, {
    description,
    code: codeOf(handler),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: MEMORY,
    timeout,
    role,
    logGroup,
    tracing: tracing ? Tracing.ACTIVE : Tracing.DISABLED,
  });
}

/** By the hash that was worked out when the package was built, so that the asset has one name in every language and on every machine. */
function codeOf(handler: string): Code {
  const hashFile = join(ASSETS, `${handler}.sha256`);
  if (!existsSync(hashFile)) throw new Error(`the handler '${handler}' has not been built: ${hashFile} is absent. In the repository, run npx tsx scripts/bundle-handlers.ts`);
  return Code.fromAsset(join(ASSETS, handler), { assetHash: readFileSync(hashFile, 'utf8') });
}
