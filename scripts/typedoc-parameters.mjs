/**
 * A plugin of TypeDoc: a parameter that is taken apart where it stands (`{ kms, keyArn }: Options`) has no name, which TypeDoc calls `__namedParameters`.
 */
import { Converter, ReflectionKind } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const parameter of project.getReflectionsByKind(ReflectionKind.Parameter)) {
      if (parameter.name === '__namedParameters') parameter.name = /Request$/.test(String(parameter.type)) ? 'request' : 'options';
    }
  });
}
