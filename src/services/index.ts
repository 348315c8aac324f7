export * from './kms-service';
export {
  GeneratedName, NameInContext, ServiceCall, ServiceRowTime, ServiceUser,
  type ImportedName, type KeyProperty, type KmsServiceProps, type ResourceName, type ServiceContext, type ServiceRow,
} from '../spec/services';
