/** What IAM policies of the key's account may give by themselves, without the key policy naming the principal. */
export enum AccountAccess {
  /**
   * IAM policies may give the administration of the key: its life, aliases, tags and rotation. Using the key takes a statement
   * of the key policy that names the principal, and so does changing the policy. An administrator of the account whose IAM policy
   * says `kms:*` on `*` can then manage the key and cannot use it.
   */
  ADMINISTRATION_ONLY = 'ADMINISTRATION_ONLY',

  /**
   * IAM policies may give everything: what `kms.Key` of aws-cdk-lib does. Conditions on a grant bind only the grantee it was
   * given to; whoever else has `kms:Decrypt` in an IAM policy can decrypt.
   */
  DELEGATE_TO_IAM = 'DELEGATE_TO_IAM',

  /** IAM policies give nothing: whoever the key policy does not name can do nothing, the account's administrators included. */
  NONE = 'NONE',
}
