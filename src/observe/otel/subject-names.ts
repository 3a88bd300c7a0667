import type { Attributes } from "@opentelemetry/api";
import type { InstrumentSettings } from "./options.js";
import type { Troubles } from "./troubles.js";

/** What nats.js and Holdfast put in front of reply subjects. */
const DEFAULT_PREFIX = "_INBOX";

/** What may be said of subjects. */
export class SubjectNames {
  /** Whether subjects may be seen. */
  readonly shown: boolean;
  private readonly template: InstrumentSettings["template"];
  private readonly troubles: Troubles;
  private readonly prefixes: readonly string[];

  /** @param inboxPrefix option `inboxPrefix` of the connection */
  constructor(
    { subjects, template }: Pick<InstrumentSettings, "subjects" | "template">,
    inboxPrefix: string | undefined,
    troubles: Troubles,
  ) {
    this.shown = subjects;
    this.template = template;
    this.troubles = troubles;
    const own = inboxPrefix === undefined || inboxPrefix === DEFAULT_PREFIX ? [] : [`${inboxPrefix}.`];
    this.prefixes = [`${DEFAULT_PREFIX}.`, ...own];
  }

  /** Whether answers come in on it, and it is gone after them. */
  isInbox(subject: string): boolean {
    for (const prefix of this.prefixes) if (subject.startsWith(prefix)) return true;
    return false;
  }

  /** What stands for many subjects like this one; undefined when nothing does. */
  templateOf(subject: string): string | undefined {
    if (this.template === undefined) return undefined;
    try {
      const template: unknown = this.template(subject);
      if (template instanceof Promise) template.catch(() => {});
      return typeof template === "string" && template !== "" ? template : undefined;
    } catch (cause) {
      this.troubles.tell('option "template"', cause);
      return undefined;
    }
  }

  /**
   * Adds what is said of a destination.
   *
   * @param isTemporary it is an inbox, or the reply subject of the message that is handled
   * @returns what a span's name has of it
   */
  describe(attributes: Attributes, subject: string, isTemporary: boolean): string | undefined {
    if (isTemporary) {
      attributes["messaging.destination.temporary"] = true;
      attributes["messaging.destination.anonymous"] = true;
      if (this.shown) {
        attributes["messaging.destination.name"] = subject;
        attributes["messaging.message.conversation_id"] = subject;
      }
      return undefined;
    }
    if (this.shown) attributes["messaging.destination.name"] = subject;
    const template = this.templateOf(subject);
    if (template !== undefined) attributes["messaging.destination.template"] = template;
    return template;
  }
}
