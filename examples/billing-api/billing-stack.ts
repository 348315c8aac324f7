import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { SigningAlgorithm, SigningDuty, SigningKey } from 'cdk-keysmith';

export const ENVIRONMENT = { account: '111122223333', region: 'eu-west-1' };

/** An HTTP API whose every response is signed. The function may sign and read the public key, nobody else may sign. */
export function defineBilling(outdir: string): App {
  const app = new App({ outdir });
  const stack = new Stack(app, 'Billing', { env: ENVIRONMENT });
  const bills = new NodejsFunction(stack, 'Bills', {
    entry: join(__dirname, 'handlers', 'bills.ts'),
    runtime: Runtime.NODEJS_LATEST,
    architecture: Architecture.ARM_64,
    bundling: { externalModules: ['@aws-sdk/*'], tsconfig: join(__dirname, '..', 'tsconfig.json'), logLevel: LogLevel.WARNING },
  });
  const responses = new SigningKey(stack, 'Responses', { alias: 'billing/responses', algorithm: SigningAlgorithm.ES256 });
  responses.attachTo(bills, { name: 'RESPONSES', duties: [SigningDuty.ISSUE_TOKENS] });

  new HttpApi(stack, 'Api', { defaultIntegration: new HttpLambdaIntegration('Bills', bills) });
  return app;
}
