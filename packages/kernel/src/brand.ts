declare const brand: unique symbol;

/** A `Base` that the compiler keeps apart from every other kind of `Base`. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
