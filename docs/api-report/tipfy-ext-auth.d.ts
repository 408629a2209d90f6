// The public types of 'tipfy/ext/auth', written by `npm run api-report`.

export interface AuthConfig extends SectionOf<typeof table> {

}

export interface AuthTypes {

}

export type AuthUser = AuthTypes extends {
    user: infer User;
} ? User : unknown;

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
}

export function checkConfig({ passwords }: Partial<AuthConfig>): void;

export function checkPassword(password: string, stored: string | null | undefined): Promise<boolean>;

export const configTypes: Checks;

export function currentUser(): Promise<AuthUser | null>;

export const defaultConfig: AuthConfig;

export function hashPassword(password: string): Promise<string>;

export function login(user: string, { remember }?: {
    remember?: boolean | undefined;
}): Promise<void>;

export function logout({ everywhere }?: {
    everywhere?: boolean | undefined;
}): Promise<void>;

export function needsRehash(stored: string): boolean;

export function nextPath(fallback?: string): string;

export const requireUser: ((request: Request) => Promise<Response> | undefined) & {
    readonly guards: 'auth';
};
