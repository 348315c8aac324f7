import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';

/** What CloudWatch counts of a `SigningApi`. */
export class SigningApiMetrics {
  /** @internal */
  public static _of(api: HttpApi, handler: IFunction): SigningApiMetrics {
    return new SigningApiMetrics(api, handler);
  }

  private constructor(private readonly api: HttpApi, private readonly handler: IFunction) {}

  /** All requests. @param options period, label and so on */
  public requests(options?: MetricOptions): Metric {
    return this.api.metricCount(options);
  }

  /** Requests that were refused (4xx): no permission, a claim that is not allowed, over the throttle (429). @param options period, label and so on */
  public clientErrors(options?: MetricOptions): Metric {
    return this.api.metricClientError({ statistic: 'Sum', ...options });
  }

  /** Requests that failed (5xx): KMS does not answer, refuses the function, or the key is disabled. @param options period, label and so on */
  public serverErrors(options?: MetricOptions): Metric {
    return this.api.metricServerError({ statistic: 'Sum', ...options });
  }

  /** Milliseconds from request to answer. @param options period, label and so on */
  public latency(options?: MetricOptions): Metric {
    return this.api.metricLatency(options);
  }

  /** Requests that Lambda had no room for. @param options period, label and so on */
  public throttledInvocations(options?: MetricOptions): Metric {
    return this.handler.metricThrottles(options);
  }
}
