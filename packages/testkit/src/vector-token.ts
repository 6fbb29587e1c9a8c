/** The task token of the cases that have one; nobody may ever see it. */
export const VECTOR_TOKEN = "token-of-the-vectors";
