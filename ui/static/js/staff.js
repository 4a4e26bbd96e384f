// Entry of every staff page. Each module says in its head which attributes it
// works on; a page that has none of them pays nothing.
import "./htmx-glue.js";
import "./time-tick.js";
import "./hotkeys.js";
import "./list-nav.js";
import "./dialog.js";
import "./palette.js";
import "./composer.js";
import "./sms.js";
import "./templates.js";
import "./bulk.js";
import "./gallery.js";
import "./live.js";
import "./here.js";
import "./form-draft.js";
import "./controls.js";
