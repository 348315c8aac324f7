import { ROTATION_DAYS } from '../../spec/limits';
import { keyRule } from '../rule';

export const ROTATION_OFF = keyRule({
  id: 'KP-24',
  name: 'RotationOff',
  level: 'warning',
  title: 'A symmetric key whose material KMS made is rotated, at least once a year.',
  why: 'What one key material has encrypted, whoever gets hold of it can read; KMS keeps the old ones for decryption, so that nothing else changes (KMS Developer Guide, '
    + '"Rotate AWS KMS keys"). Asymmetric and HMAC keys, imported material and custom key stores have no automatic rotation.',
  fix: 'Set EnableKeyRotation to true; in CDK, enableKeyRotation: true.',
  controls: { securityHub: ['KMS.4'], cis: ['5.0.0/3.6', '6.0.0/4.6'], nist: ['SC-12', 'SC-12(2)', 'SC-28(3)'], pci: ['3.7.4'] },
}, (key) => {
  const { type, origin, rotation, rotationPeriodInDays: days } = key.key;
  if (type === 'AWS::KMS::ReplicaKey') return [];
  if (!key.isSymmetric || origin !== 'AWS_KMS') {
    const what = key.isSymmetric ? `of ${origin ?? 'other'} origin` : `of spec ${key.key.spec}`;
    return rotation ? [key.problem(`is ${what}, which KMS does not rotate, and asks for rotation: its deployment fails`, { level: 'error', fix: 'Take EnableKeyRotation out.' })] : [];
  }
  if (!rotation) return [key.problem('is not rotated')];
  if (days !== undefined && (days < ROTATION_DAYS.min || days > ROTATION_DAYS.max)) {
    return [key.problem(`is to be rotated every ${days} days, which KMS refuses`, { level: 'error', fix: `Set RotationPeriodInDays from ${ROTATION_DAYS.min} to ${ROTATION_DAYS.max}.` })];
  }
  return days !== undefined && days > ROTATION_DAYS.default
    ? [key.problem(`is rotated every ${days} days`, { fix: `Set RotationPeriodInDays to ${ROTATION_DAYS.default} or less.` })]
    : [];
});
