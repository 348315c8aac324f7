import type { TemplateResource } from '../../template';
import type { Rule } from '../rule';
import type { Scope } from '../scope';

const ENDS = ['ScheduleKeyDeletion', 'DisableKey'];

export const NO_DELETION_ALARM: Rule = {
  id: 'KP-28',
  name: 'NoDeletionAlarm',
  level: 'warning',
  title: 'Somebody is told when a key is disabled or its deletion is scheduled.',
  why: 'There are seven to thirty days to call a deletion off, and nobody looks at keys every week (KMS Developer Guide, "Create an alarm that detects use of a key pending '
    + 'deletion"). Asked of whole assemblies only, once: one template does not know whether another has the alarm.',
  fix: 'Add new KeyAlarms(…) of cdk-keysmith, a rule of EventBridge with a target, or a metric filter with an alarm, for ScheduleKeyDeletion and DisableKey of kms.amazonaws.com.',
  controls: { securityHub: ['CloudWatch.7'], cis: ['5.0.0/4.7', '6.0.0/5.7'], nist: ['AU-6', 'SI-4'], pci: ['10.4.1'] },
  find: (scope) => {
    const ofAssembly = new Set(scope.deployment.stacks.filter(({ path }) => path !== undefined).map(({ id }) => id));
    const [first] = scope.keys.filter(({ key }) => ofAssembly.has(key.stack));
    if (!first || isWatched(scope)) return [];
    return [first.problem('is not watched, as no other key of this assembly: nothing tells of its deletion or that it is disabled')];
  },
};

function isWatched({ deployment }: Scope): boolean {
  const tells = (resource: TemplateResource, property: string) => ENDS.every((event) => JSON.stringify(resource.properties[property] ?? '').includes(event));
  const targets = (resource: TemplateResource) => Array.isArray(resource.properties.Targets) && resource.properties.Targets.length > 0;
  return deployment.resources('AWS::Events::Rule').some((rule) => tells(rule, 'EventPattern') && targets(rule))
    || (deployment.resources('AWS::Logs::MetricFilter').some((filter) => tells(filter, 'FilterPattern')) && deployment.resources('AWS::CloudWatch::Alarm').length > 0);
}
