import { Token } from 'aws-cdk-lib';
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';

/** Whose tokens a `SigningApi` takes. */
export interface JwtSigningAuthorizerOptions {
  /** `iss` of the tokens, an https URL. API Gateway finds the keys by `/.well-known/openid-configuration` there. */
  readonly issuer: string;

  /** Values one of which `aud` of the tokens has to be. */
  readonly audiences: string[];
}

/** Who may have something signed. There is none that lets in everybody: a signature is worth what it takes to get one. */
export abstract class SigningAuthorizer {
  /** AWS credentials: principals whose policies allow `execute-api:Invoke`, which `api.grantInvoke(…)` gives. Requests are signed (Signature Version 4). */
  public static iam(): SigningAuthorizer {
    return new IamSigningAuthorizer();
  }

  /**
   * Tokens of somebody else, such as Amazon Cognito, in the header `authorization`. API Gateway takes tokens with RS256, RS384 and RS512 only, those of ES256 among
   * them not (API Gateway Developer Guide, "JWT authorizers").
   */
  public static jwt(options: JwtSigningAuthorizerOptions): SigningAuthorizer {
    return new JwtSigningAuthorizer(options);
  }

  /** @internal */
  public abstract readonly _isIam: boolean;

  /** @internal */
  public abstract _bind(id: string): IHttpRouteAuthorizer;
}

class IamSigningAuthorizer extends SigningAuthorizer {
  public readonly _isIam = true;

  public _bind(_id: string): IHttpRouteAuthorizer {
    return new HttpIamAuthorizer();
  }
}

class JwtSigningAuthorizer extends SigningAuthorizer {
  public readonly _isIam = false;

  constructor(private readonly options: JwtSigningAuthorizerOptions) {
    super();
    const { issuer, audiences } = options;
    if (!Token.isUnresolved(issuer) && !/^https:\/\/[^/?#]+[^?#]*$/.test(issuer)) throw new Error(`SigningAuthorizer.jwt(…): issuer is '${issuer}': give an https URL without a query`);
    if (!audiences?.length) throw new Error("SigningAuthorizer.jwt(…): 'audiences' is empty: tokens that the issuer made for others would do");
  }

  public _bind(id: string): IHttpRouteAuthorizer {
    return new HttpJwtAuthorizer(id, this.options.issuer, { jwtAudience: this.options.audiences });
  }
}
