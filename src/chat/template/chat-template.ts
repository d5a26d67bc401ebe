/**
 * A model's chat template: messages → the prompt text that the model was trained on. It does not know tokens.
 */
import { AppError } from '../../common/errors/app-error.js';
import { JinjaProgram, TemplateRefusal } from './jinja-program.js';
import { templateInput } from './template-input.js';
import type { TemplateMessage } from './template-message.js';
import { findTraits, type TemplateTraits } from './template-traits.js';

export interface RenderOptions {
  /** Ends the prompt where the assistant's answer begins; on unless said otherwise. */
  addGenerationPrompt?: boolean;
  /** Further variables of the template, e.g. `tools` or `enable_thinking`. */
  variables?: Record<string, unknown>;
}

export class ChatTemplate {
  readonly traits: TemplateTraits;
  private readonly program: JinjaProgram;

  /**
   * @param source Jinja
   * @param specialTokens `bos_token` and its like, as text
   * @param origin the file for error messages, and the clock for templates that write the date
   * @throws AppError `model_failed` naming the file: the source is no template
   */
  constructor(
    readonly source: string,
    readonly specialTokens: Readonly<Record<string, string>>,
    origin: { file?: string; now?: () => Date } = {},
  ) {
    const { file = 'chat_template', now = () => new Date() } = origin;
    try {
      this.program = new JinjaProgram(source, now);
    } catch (error) {
      throw new AppError('model_failed', `${file}: the chat template cannot be read: ${(error as Error).message}.`);
    }
    this.traits = findTraits(this.program, source, specialTokens);
  }

  /**
   * @throws AppError `invalid_value` on `messages`, in the template's own words where it refuses them
   */
  render(messages: readonly TemplateMessage[], options: RenderOptions = {}): string {
    const { absentList } = this.traits;
    try {
      return this.program.render({
        ...this.specialTokens,
        tools: absentList,
        documents: absentList,
        ...options.variables,
        messages: templateInput(messages, this.traits),
        add_generation_prompt: options.addGenerationPrompt ?? true,
      });
    } catch (error) {
      const words =
        error instanceof TemplateRefusal
          ? `The model's chat template refuses these messages: ${error.message}`
          : `The model's chat template cannot write these messages: ${(error as Error).message}`;
      throw new AppError('invalid_value', words, { param: 'messages', cause: error });
    }
  }
}
