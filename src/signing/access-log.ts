import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { LogGroupLogDestination, type CfnStage, type IAccessLogSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/** Who asked what when, and what was answered. Nothing of a body, a query, a header or a token gets in. */
const FIELDS = {
  requestId: AccessLogField.contextRequestId(),
  time: AccessLogField.contextRequestTimeEpoch(),
  route: AccessLogField.contextRouteKey(),
  status: AccessLogField.contextStatus(),
  bytes: AccessLogField.contextResponseLength(),
  latency: AccessLogField.contextResponseLatency(),
  sourceIp: AccessLogField.contextIdentitySourceIp(),
  caller: AccessLogField.contextIdentityUserArn(),
  subject: AccessLogField.contextAuthorizerClaims('sub'),
  refused: AccessLogField.contextAuthorizerError(),
  failed: AccessLogField.contextIntegrationErrorMessage(),
};

/** The same of a REST API. */
export const DIRECT_LOG_FIELDS = {
  requestId: AccessLogField.contextRequestId(),
  time: AccessLogField.contextRequestTimeEpoch(),
  route: AccessLogField.contextResourcePath(),
  status: AccessLogField.contextStatus(),
  bytes: AccessLogField.contextResponseLength(),
  latency: AccessLogField.contextResponseLatency(),
  sourceIp: AccessLogField.contextIdentitySourceIp(),
  caller: AccessLogField.contextIdentityUserArn(),
  refused: AccessLogField.contextErrorMessage(),
  answered: AccessLogField.contextIntegrationStatus(),
};

/** The access log of an HTTP API, in a log group beside it. */
export function accessLog(scope: Construct): IAccessLogSettings {
  const logGroup = new LogGroup(scope, 'AccessLogs', { retention: RetentionDays.ONE_YEAR });
  return { destination: new LogGroupLogDestination(logGroup), format: AccessLogFormat.custom(JSON.stringify(FIELDS)) };
}

/** Requests per second and at once. */
export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

/**
 * Gives routes a throttle of their own. API Gateway counts each route by itself; it refuses a stage that names a route which is not there yet, so that the stage
 * has to wait for its routes.
 */
export function throttleRoutes(stage: CfnStage, throttles: ReadonlyMap<string, Throttle>): void {
  stage.routeSettings = Object.fromEntries([...throttles].map(([routeKey, { rateLimit, burstLimit }]) => [routeKey, {
    // CDK writes these as they are. They stand in place of the stage's, its metrics included.
    DetailedMetricsEnabled: true, ThrottlingRateLimit: rateLimit, ThrottlingBurstLimit: burstLimit,
  }]));
}
