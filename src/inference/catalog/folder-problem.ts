/**
 * Why a folder cannot be served, thrown where it is found and turned into a `Diagnosis` by `catalog.ts`.
 */
export class FolderProblem extends Error {
  /** @param file at fault, relative to the folder; null when the folder itself is. @param field inside it, dotted */
  constructor(
    readonly file: string | null,
    readonly field: string | null,
    readonly problem: string,
    readonly fix: string,
  ) {
    super(problem);
    this.name = 'FolderProblem';
  }
}
