import { helpEnd, type Register } from "../verb.ts";
import { addBundleApply } from "./bundle-apply.ts";
import { addBundleCreate } from "./bundle-create.ts";

/** `causeway bundle create|apply`: a repository in one file, for a USB stick. */
export const registerBundle: Register = (program, context) => {
  const bundle = program
    .command("bundle")
    .description("Carry a repository in one file, as on a USB stick.")
    .addHelpText("after", helpEnd("causeway bundle create contoso.causeway --dir vendor"));
  addBundleCreate(bundle, context);
  addBundleApply(bundle, context);
};
