// What the analysis finds out about each function, call and write of a module: the words between analysis and emitter.

import type { FunctionNode, Node, Of } from './parse.ts';
import type { Binding, Scope } from './scope.ts';

export type Role =
  | 'declaration'
  | 'expression'
  | 'arrow'
  | 'object method'
  | 'class method'
  | 'private method'
  | 'getter'
  | 'setter'
  | 'constructor'
  /** A field's initialiser or a static block: code of a class that has a `this` of its own. */
  | 'initialiser';

/**
 * Where a function is given its twin: at the top of the block that declares it, right behind its declaration (in a
 * `case`), around its expression, or in a static block of its class.
 */
export type Place = 'top' | 'behind' | 'around' | 'class' | 'nowhere';

export interface FunctionInfo {
  readonly node: FunctionNode | undefined;
  readonly parent: FunctionInfo | undefined;
  readonly role: Role;
  /** For reports. */
  readonly name: string;
  readonly start: number;
  /** Its own scope, the binding it is declared as, and the binding of a function expression's own name. */
  readonly scope: Scope | undefined;
  /** The scope it stands in. */
  readonly outer: Scope | undefined;
  readonly binding: Binding | undefined;
  readonly self: Binding | undefined;
  /** The name that the syntax around it gives it, where it has none of its own. */
  readonly inferred: string | undefined;
  /** The property it is assigned to, by which others call it whatever its own name is. */
  readonly assigned: string | undefined;
  readonly strict: boolean;
  place: Place;
  /** A class's or object literal's method: its definition. */
  method: Of<'MethodDefinition'> | Of<'Property'> | undefined;
  usesThis: boolean;
  usesArguments: boolean;
  usesNewTarget: boolean;
  usesSuper: boolean;
  /** Private names of classes, perhaps of one around it. */
  usesPrivate: boolean;
  /** Why it can have no twin. */
  refusal: string | undefined;
  readonly calls: Call[];
  /** Whether one of its calls could suspend. */
  switches: boolean;
  twin: boolean;
  /** An async function whose calls are rewritten where it stands. */
  rewritten: boolean;
  /** Made once, as its module is evaluated. */
  readonly single: boolean;
  /** Starts its twin where the event loop calls it, or plain code that is waited for. */
  enters: boolean;
  /** Has a twin that calls it as it is, and waits for what it has entered. */
  waits: boolean;
  /** Called where it stands and nowhere else: a plain call of it needs no twin, a green one needs no function. */
  direct: boolean;
}

type Known = Pick<FunctionInfo, 'parent' | 'role' | 'start' | 'single'> & Partial<FunctionInfo>;

/** A function of which nothing more is known yet. */
export function describe(known: Known): FunctionInfo {
  return {
    node: undefined,
    name: '',
    scope: undefined,
    outer: undefined,
    binding: undefined,
    self: undefined,
    inferred: undefined,
    assigned: undefined,
    strict: true,
    place: 'nowhere',
    method: undefined,
    usesThis: false,
    usesArguments: false,
    usesNewTarget: false,
    usesSuper: false,
    usesPrivate: false,
    refusal: undefined,
    calls: [],
    switches: false,
    twin: false,
    rewritten: false,
    enters: false,
    waits: false,
    direct: false,
    ...known,
  };
}

export interface Call {
  readonly node: Of<'CallExpression'>;
  readonly scope: Scope;
  /** The private method it calls. */
  method: FunctionInfo | undefined;
  /** Whether the value of the callee's identifier, or of the receiver's, is the same after the arguments were evaluated. */
  stableCallee: boolean;
  stableReceiver: boolean;
}

/** A local variable is named: read, called, written or declared. */
export interface Use {
  readonly start: number;
  readonly binding: Binding;
  /** The function it is in. */
  readonly by: FunctionInfo | undefined;
}

export interface Write {
  readonly name: string;
  readonly scope: Scope;
  readonly start: number;
  readonly kind: 'variable' | 'property';
  readonly by: FunctionInfo;
}

export interface Analysis {
  readonly functions: ReadonlyMap<Node, FunctionInfo>;
  /** In the order of the text, initialisers too. */
  readonly all: readonly FunctionInfo[];
  /** The methods of each class body. */
  readonly classes: ReadonlyMap<Node, readonly FunctionInfo[]>;
  readonly writes: readonly Write[];
  /** Where each identifier is referred to, ascending. */
  readonly references: ReadonlyMap<string, readonly number[]>;
  /** Where calls, `new` and `throw` are: the positions that stacks name. */
  readonly marks: readonly number[];
  readonly top: Scope;
  /** Of all variables but the module's own, ascending. */
  readonly uses: readonly Use[];
  readonly strict: boolean;
  /** Direct eval, which may assign to anything. */
  readonly evaluates: boolean;
  resolve(call: Call): Binding | undefined;
}
