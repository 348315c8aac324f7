import type { IKey } from 'aws-cdk-lib/aws-kms';

/** What watches keys. A key knows no more of its alarms. */
export interface IKeyAlarms {
  /** Watches a key, from now on until the app is synthesized: whom it is granted to later is known too. */
  watch(key: IKey): void;
}
