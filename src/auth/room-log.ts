/** What this room's plain files need of a logger. Nest's `Logger` fits; so does an array in a test. */
export interface RoomLog {
  error(message: string): void;
  warn(message: string): void;
  log(message: string): void;
  debug(message: string): void;
}
