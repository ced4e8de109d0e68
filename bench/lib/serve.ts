/** The program's side of `program.ts`. */

interface Question {
  id: number;
  name: string;
  argument: unknown;
}
type Command = (argument: never) => unknown;

/**
 * Answers the starter's questions until it goes or hangs up; then `close` runs and the process ends. Call it when everything
 * is ready: the starter waits for that.
 */
export const serve = (commands: Record<string, Command>, close: () => unknown = () => undefined): void => {
  const all: Record<string, Command> = { ready: () => true, ...commands };
  const answer = async ({ id, name, argument }: Question): Promise<void> => {
    try {
      const command = all[name];
      if (command === undefined) throw new Error(`there is no command ${name}`);
      const value = await command(argument as never);
      process.send?.({ id, value });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  };
  process.on('message', (question: Question) => void answer(question));
  process.once('disconnect', () => {
    Promise.resolve(close()).then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  });
};
