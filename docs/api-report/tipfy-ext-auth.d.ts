// The public types of 'tipfy/ext/auth', written by `npm run api-report`.

export interface AuthConfig extends SectionOf<typeof table> {

}

export interface AuthTypes {

}

export type AuthUser = AuthTypes extends {
    user: infer User;
} ? User : unknown;

export interface CompletedSignIn {
  readonly identity: Identity;
  readonly next: string;
}

export type GivenPasswordSettings = Partial<Omit<PasswordSettings, 'argon2id' | 'scrypt'>> & {
    readonly argon2id?: Partial<PasswordSettings['argon2id']>;
    readonly scrypt?: Partial<PasswordSettings['scrypt']>;
};

export interface IapSettings {
  audience: string;
  keys?: {
      readonly keys: readonly object[];
  } | null;
}

export interface Identity {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Passkey {
  readonly id: string;
  readonly userId: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
  readonly isBackedUp: boolean;
}

export interface PasskeySettings {
  rpId: string;
  rpName?: string;
  origins?: readonly string[];
}

export interface PasswordLoginOptions {
  remember?: boolean;
  saveHash?: (hash: string) => unknown;
}

export interface PasswordSettings {
  algorithm: 'auto' | 'argon2id' | 'scrypt';
  argon2id: {
      memory: number;
      passes: number;
      parallelism: number;
  };
  scrypt: {
      logCost: number;
      blockSize: number;
      parallelism: number;
  };
  maxPasswordLength: number;
  maxParallelHashes: number;
  maxWaitingHashes: number;
}

export interface PasswordUser {
  readonly id: string;
  readonly passwordHash: string | null;
}

export interface ProviderSettings {
  issuer?: string;
  clientId: string;
  clientSecret: string | null;
  redirectUri: string;
  scope?: string;
  parameters?: Readonly<Record<string, string>>;
}

export function beginPasskey(user: {
    readonly id: string;
    readonly name: string;
}, known?: readonly Passkey[]): Promise<object>;

export function beginPasskeyLogin(): Promise<object>;

export function beginSignIn(provider: string, { next }?: {
    next?: string | undefined;
}): Promise<Response>;

export function checkConfig(section: Partial<AuthConfig>, { config }: {
    config: Config;
}): void;

export function checkPassword(password: string, stored: string | null | undefined): Promise<boolean>;

export function completePasskey(response: unknown, find?: FindPasskey): Promise<Passkey | null>;

export function completePasskeyLogin(response: unknown, find: FindPasskey): Promise<Passkey | null>;

export function completeSignIn(provider: string): Promise<CompletedSignIn | null>;

export const configTypes: Checks;

export function currentUser(): Promise<AuthUser | null>;

export const defaultConfig: AuthConfig;

export function hashPassword(password: string): Promise<string>;

export function iapIdentity(): Promise<Identity | null>;

export function login(user: string, { remember }?: {
    remember?: boolean | undefined;
}): Promise<void>;

export function loginWithPassword(name: string, password: string, user: PasswordUser | null | undefined, { remember, saveHash }?: PasswordLoginOptions): Promise<boolean>;

export function logout({ everywhere }?: {
    everywhere?: boolean | undefined;
}): Promise<void>;

export function needsRehash(stored: string): boolean;

export function nextPath(fallback?: string): string;

export function requireIap(): Promise<void>;

export const requireUser: ((request: Request) => Promise<Response> | undefined) & {
    readonly guards: 'auth';
};
