import type { Deployment } from '../../../src/template';

/**
 * List prices in US dollars a month, us-east-1, by their date (Amazon CloudWatch and AWS KMS pricing, as others quote the price list). An alarm costs for each metric that it reads, a band reads
 * three. Rules on events of AWS services, the first trail of management events, and the first ten metrics of alarms are free; the ten are left out here.
 */
export const PRICES = { alarmMetric: 0.10, bandMetrics: 3, compositeAlarm: 0.50, key: 1.00, date: 'November 2026' };

type Resource = ReturnType<Deployment['resources']>[number];

/** What alarms, and the key of their topic, cost a month. */
export function priceOf(resources: readonly Resource[]): number {
  const alarms = resources.filter(({ type }) => type === 'AWS::CloudWatch::Alarm');
  const bands = alarms.filter(({ properties }) => properties.ThresholdMetricId !== undefined).length;
  const composites = resources.filter(({ type }) => type === 'AWS::CloudWatch::CompositeAlarm').length;
  const topicKeys = resources.filter(({ type, path = '' }) => type === 'AWS::KMS::Key' && path.includes('/Alarms/')).length;
  return (alarms.length - bands + bands * PRICES.bandMetrics) * PRICES.alarmMetric + composites * PRICES.compositeAlarm + topicKeys * PRICES.key;
}
