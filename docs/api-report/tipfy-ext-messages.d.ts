// The public types of 'tipfy/ext/messages', written by `npm run api-report`.

export interface Message {
  level: string;
  title: string | null;
  body: string;
  life: number | null;
}

export interface MessageOptions {
  title?: string | null;
  life?: number | null;
  flash?: boolean;
}

export class Messages {
  add(level: string, body: string, options?: MessageOptions): void;
  setFlash(level: string, body: string, options?: Omit<MessageOptions, 'flash'>): void;
  addFormError(body?: string, { title, life, ...options }?: MessageOptions): void;
  get(): Promise<Message[]>;
}

export const messages: Messages;
