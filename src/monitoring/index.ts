export { KeyAlarmTopic, type KeyAlarmTopicProps } from './key-alarm-topic';
export { KeyAlarms } from './key-alarms';
export type { KeyAlarmsProps } from './key-alarms-props';
export { KmsTrail, type IKmsTrail, type KmsTrailProps } from './kms-trail';
