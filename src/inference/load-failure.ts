/**
 * What ONNX Runtime says about a model that it cannot load → what a person needs: the problem and the fix.
 *
 * A table of patterns, nothing else. The runtime's words are those of version 1.30; words that no row knows pass as they are.
 */

interface Row {
  pattern: RegExp;
  problem: (match: string[]) => string;
  fix: string;
}

const ANOTHER_EXPORT = 'Export the model again with an opset and operators that ONNX Runtime has';
const COPY_AGAIN = 'Copy or download the model again';

const ROWS: Row[] = [
  {
    pattern: /No Op registered for (\S+) with domain_version of (\d+)/,
    problem: ([, operator, opset]) => `the operator "${operator}" is not known to this runtime (opset ${opset})`,
    fix: ANOTHER_EXPORT,
  },
  {
    pattern: /(?:Fatal error: )?([\w.]+:\w+)\(-?\d+\) is not a registered function\/op/,
    problem: ([, operator]) => `the operator "${operator}" is a custom operator that this runtime does not have`,
    fix: 'Export the model with standard ONNX operators only',
  },
  {
    pattern: /Opset (\d+) is under development.*Current official support for domain (\S+) is till opset (\d+)/s,
    problem: ([, opset, domain, newest]) =>
      `the model asks for ${domain === 'ai.onnx' ? 'ONNX' : domain} opset ${opset}, newer than this runtime knows (${newest})`,
    fix: 'Export the model again with an older opset',
  },
  {
    pattern: /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    problem: ([, version, newest]) =>
      `the file is written in ONNX IR version ${version}, newer than this runtime knows (${newest})`,
    fix: 'Export the model again with an older version of the onnx package',
  },
  {
    pattern: /the graph is not acyclic/,
    problem: () => 'the graph has a cycle',
    fix: 'Export the model again: the tool that wrote or edited this file went wrong',
  },
  {
    pattern: /Failed to construct locale with name:([\w.@-]+)/,
    problem: ([, locale]) =>
      `the operator StringNormalizer needs the system locale ${locale}, which is not installed here`,
    fix: 'Install that locale, or export the model with the locale "C"',
  },
  {
    pattern: /Could not find an implementation for (\w+)\((\d+)\) node/,
    problem: ([, operator, opset]) =>
      `this runtime has no kernel for the operator "${operator}" (opset ${opset}) with the types it is used with`,
    fix: 'Export the model again with other element types, e.g. float32',
  },
  {
    pattern: /Type Error: Type '([^']+)' of input parameter \(([^)]*)\) of operator \(([^)]*)\)/,
    problem: ([, type, parameter, operator]) =>
      `the operator "${operator}" gets ${type} in "${parameter}", which it does not take`,
    fix: 'Export the model again: the tool that wrote or edited this file went wrong',
  },
  {
    pattern: /Node \(([^)]*)\) Op \((\w+)\) \[(?:Shape|Type)InferenceError\] ([^\n]+)/,
    problem: ([, node, operator, words]) =>
      `the shapes or types around the operator "${operator}"${node === '' ? '' : ` ("${node}")`} do not fit: ${words.trim()}`,
    fix: 'Export the model again: the tool that wrote or edited this file went wrong',
  },
  {
    pattern: /External data path (?:validation|escapes|does not exist)[^\n]*/,
    problem: ([words]) => `its external weights cannot be read (${words.trim()})`,
    fix: 'Put the weight files beside the model, inside its folder',
  },
  {
    pattern: /Protobuf parsing failed|ModelProto does not have a graph/,
    problem: () => 'it is not a complete ONNX file',
    fix: COPY_AGAIN,
  },
  {
    pattern: /bad allocation|std::bad_alloc|Failed to allocate memory/,
    problem: () => 'there is not enough memory to load it',
    fix: 'Give the service more memory or serve fewer models',
  },
];

/** @param file the model's file, as the diagnosis calls it. @returns one line: file, problem, fix */
export function explainLoadFailure(message: string, file: string): string {
  for (const { pattern, problem, fix } of ROWS) {
    const match = pattern.exec(message);
    if (match) return `${file}: ${problem(match)}. ${fix}`;
  }
  return message;
}
