import { Validations } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, HttpNoneAuthorizer, HttpStage, type CfnStage, type HttpRoute, type IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { accessLog, throttleRoutes, type Throttle } from './access-log';

/** One route: as API Gateway calls it, who may use it, and how often. */
export interface RouteDefinition {
  /** `POST /tokens` */
  readonly routeKey: string;
  /** @default - everybody */
  readonly authorizer?: IHttpRouteAuthorizer;
  readonly throttle: Throttle;
}

/** What everybody may read costs a function each time, and no signature. */
export const PUBLIC_THROTTLE: Throttle = { rateLimit: 100, burstLimit: 200 };

/** Why cdk-nag may let them be. */
const OPEN = 'public keys are for everybody who verifies: what is answered is the same for all, changes nothing, and holds no secret';

/** An HTTP API in front of one function, with an access log, and with what it answers counted by route. */
export class RoutedApi {
  public readonly api: HttpApi;
  private readonly made = new Map<string, HttpRoute>();

  constructor(private readonly scope: Construct, description: string) {
    this.api = new HttpApi(scope, 'Api', { description: description.slice(0, 1024), createDefaultStage: false });
  }

  /** Makes the routes, and the stage that serves them. */
  public serve(handler: IFunction, routes: readonly RouteDefinition[]): void {
    const integration = new HttpLambdaIntegration('Integration', handler);
    for (const { routeKey, authorizer } of routes) {
      const [method, path] = routeKey.split(' ');
      const [route] = this.api.addRoutes({ path, methods: [method as HttpMethod], integration, authorizer: authorizer ?? new HttpNoneAuthorizer() });
      if (!authorizer) Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason: OPEN });
      this.made.set(routeKey, route);
    }
    const stage = new HttpStage(this.scope, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      detailedMetricsEnabled: true,
      // Of routes that somebody adds.
      throttle: PUBLIC_THROTTLE,
      accessLogSettings: accessLog(this.scope),
    });
    throttleRoutes(stage.node.defaultChild as CfnStage, new Map(routes.map(({ routeKey, throttle }) => [routeKey, throttle])));
    stage.node.addDependency(...this.made.values());
  }

  public route(routeKey: string): HttpRoute | undefined {
    return this.made.get(routeKey);
  }
}
