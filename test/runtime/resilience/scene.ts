import { VirtualClock } from './virtual-clock';
import { resilientKms } from '../../../src/runtime';
import type { KmsPort, ResilienceEvent, ResilientKmsOptions } from '../../../src/runtime';
import { FakeKms, kmsException } from '../envelope/fake-kms';

export const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
export const MRK = 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab';
export const MRK_IN_US = MRK.replace('eu-west-1', 'us-east-1');
export const SECRET = Buffer.from('4111 1111 1111 1111');
export const INTERNAL = kmsException('KMSInternalException', 500);
export const THROTTLED = kmsException('ThrottlingException');
export const UNAVAILABLE = { code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' };
export const hang = () => new Promise<never>(() => undefined);

/** KMS in two Regions with the same keys, time that passes only when everybody waits, and what was told of the calls. */
export function scene() {
  const clock = new VirtualClock();
  const home = new FakeKms();
  const replica = new FakeKms({ sharing: home });
  const events: ResilienceEvent[] = [];
  const common = { clock, onEvent: (event: ResilienceEvent) => void events.push(event), random: () => 0.5 };
  const told = <Kind extends ResilienceEvent['kind']>(kind: Kind) => (
    events.filter((event): event is Extract<ResilienceEvent, { kind: Kind }> => event.kind === kind)
  );
  return {
    clock,
    home,
    replica,
    events,
    /** KMS in one Region. */
    inOneRegion: (options: Partial<ResilientKmsOptions> = {}): KmsPort => resilientKms({ kms: home.port, ...common, ...options }),
    /** KMS in eu-west-1, where the keys live, and us-east-1. */
    inTwoRegions: (options: Partial<ResilientKmsOptions> = {}): KmsPort => resilientKms({
      kms: (region) => ({ 'eu-west-1': home, 'us-east-1': replica })[region]!.port, replicaRegions: ['us-east-1'], ...common, ...options,
    }),
    generate: (kms: KmsPort, KeyId = KEY, abortSignal?: AbortSignal) => clock.run(kms.generateDataKey({ KeyId, NumberOfBytes: 32 }, { abortSignal })),
    /** The events of a kind. */
    told,
    /** Each attempt: its Region and how it ended. */
    outcomes: () => told('attempt').map(({ region, outcome }) => `${region} ${outcome}`),
    /** Each change of a breaker: its Region and its state. */
    states: () => told('breaker').map(({ region, state }) => `${region} ${state}`),
  };
}
