// What a package's sources declare, as the compiler sees it: the members of its options with their defaults, and the
// literals of its error codes, inherited and imported ones included.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { packages, root, type Package } from './workspace.js';

export interface DeclaredOption {
  name: string;
  /** The text of `@defaultValue`. */
  defaultValue: string | undefined;
  required: boolean;
}

let program: ts.Program | undefined;

/** `options.ts`, and the files that a package with many options has beside it: `client-options.ts`. Without extension. */
export function optionFiles({ folder }: Package): string[] {
  return readdirSync(join(folder, 'src'))
    .filter((file) => /^(?:[a-z-]+-)?options\.ts$/.test(file))
    .map((file) => file.replace(/\.ts$/, ''));
}

/** Members of every exported interface of these files whose name ends with `Options`; resolved ones left out. */
export function declaredOptions(of: Package, files: readonly string[] = optionFiles(of)): DeclaredOption[] {
  const interfaces = files
    .flatMap((file) => exportsOf(of, file))
    .filter((symbol) => symbol.name.endsWith('Options') && !symbol.name.startsWith('Resolved'))
    .map((symbol) => checker().getDeclaredTypeOfSymbol(symbol));
  // A member that holds another of them is a place, not an option: `tcp: TCPOptions`.
  const isPlace = (member: ts.Symbol): boolean => interfaces.includes(checker().getNonNullableType(checker().getTypeOfSymbol(member)));
  return interfaces
    .flatMap((type) => type.getProperties())
    .filter((member) => !isPlace(member))
    .map((member) => ({
      name: member.name,
      defaultValue: member
        .getJsDocTags(checker())
        .filter((tag) => tag.name === 'defaultValue')
        .map((tag) => ts.displayPartsToString(tag.text).trim())[0],
      required: (member.flags & ts.SymbolFlags.Optional) === 0,
    }));
}

/** The literals of every exported type of `errors.ts` whose name ends with `Code`. */
export function declaredCodes(of: Package): string[] {
  return exportsOf(of, 'errors')
    .filter((symbol) => symbol.name.endsWith('Code'))
    .map((symbol) => checker().getDeclaredTypeOfSymbol(symbol))
    .flatMap((type) => (type.isUnion() ? type.types : [type]))
    .flatMap((type) => (type.isStringLiteral() ? [type.value] : []));
}

function exportsOf(of: Package, file: string): ts.Symbol[] {
  const source = shared().getSourceFile(join(of.folder, 'src', `${file}.ts`));
  const module = source && checker().getSymbolAtLocation(source);
  return module ? checker().getExportsOfModule(module) : [];
}

function checker(): ts.TypeChecker {
  return shared().getTypeChecker();
}

/** One program for all packages: reading the libraries is what takes the time. */
function shared(): ts.Program {
  if (program === undefined) {
    const files = packages.flatMap((of) => ['errors', ...optionFiles(of)].map((name) => join(of.folder, 'src', `${name}.ts`)));
    const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path));
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, packages[0]?.folder ?? root);
    program = ts.createProgram(files.filter((file) => ts.sys.fileExists(file)), options);
  }
  return program;
}
