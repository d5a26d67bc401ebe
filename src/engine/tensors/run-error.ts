/**
 * What the runtime says about a run that failed, as an error of the request: without paths and names of its sources.
 */
import { AppError } from '../../common/errors/app-error.js';
import { OrtError } from '../ort/status.js';

/** @param error what a run threw; what the runtime did not report stays as it is */
export function runError(error: unknown): unknown {
  if (!(error instanceof OrtError)) return error;
  if (/Failed to allocate memory|std::bad_alloc|bad allocation/.test(error.message)) {
    const size = /buffer of size (\d+)/.exec(error.message)?.[1];
    const need = size === undefined ? 'more memory than there is' : `${size} bytes of memory, more than there is`;
    return new AppError('invalid_value', `The model needs ${need} for these inputs.`, { cause: error });
  }
  return new AppError('invalid_value', `The model cannot run on these inputs: ${plainWords(error.message)}`, {
    cause: error,
  });
}

/** `Non-zero status code returned while running Div node. Name:'' Status Message: /…/x.cc:692 Compute Integer …` */
export function plainWords(message: string): string {
  const node = /while running (\S+) node\. Name:'([^']*)' Status Message: ([\s\S]*)$/.exec(message);
  const [where, what] = node === null ? ['', message] : [nodeWords(node[1], node[2]), node[3]];
  const words = what
    // Source file and line, then the function: a bare name, or a whole signature with its parameters.
    .replaceAll(
      /(?:[A-Za-z]:)?[\w./\\+-]+\.(?:cc|cpp|cxx|cu|h|hpp):\d+ (?:[^()\n]*\([^()\n]*\)(?: const)? |\w+ )?/g,
      '',
    )
    .replaceAll(/(?:[A-Za-z]:)?(?:[/\\][\w.+-]+){2,}[/\\]?/g, '(a file)')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return where + (/[.!?]$/.test(words) ? words : `${words}.`);
}

function nodeWords(operator: string, name: string): string {
  return name === '' ? `${operator}: ` : `${operator} "${name}": `;
}
