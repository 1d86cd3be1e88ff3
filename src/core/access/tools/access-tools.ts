// What a tenant's access is looked at and carried about with. Each is loaded when it is first used: no request needs one.

import type { TenantContext } from '../../context.ts'
import { checkKeys } from '../../kernel/input.ts'
import type { Permissions } from '../permissions.ts'
import type { AccessChange, AccessDiff, DiffOptions } from './diff.ts'
import type { LintReport } from './lint.ts'
import type { AccessModel } from './model.ts'
import type { ModelExportOptions } from './model-export.ts'
import type { ModelImportOptions, ModelImportReport } from './model-import.ts'

export interface AccessTools {
  /**
   * The roles, policies and permissions of the tenant as a document; with `places` also organizations, teams and projects, and
   * with `assignments` also who holds what. The same access is the same document: sorted, and with keys in place of ids.
   * @throws CONFLICT (it kept changing), INPUT_INVALID
   */
  export(options?: ModelExportOptions): Promise<AccessModel>
  /**
   * Makes the tenant's access as a document says, as a whole or not at all: with `replace` also what the document does not name
   * is removed, of the parts that it has. Every step is checked, guarded and audited as if it were made alone. A user must
   * have proven a short while ago who they are.
   * @throws MODEL_INVALID (with the path of the fault), GRANT_REFUSED, LAST_OWNER, ROLE_IN_USE and their like, STEP_UP_REQUIRED, INPUT_INVALID
   */
  import(document: unknown, options?: ModelImportOptions): Promise<ModelImportReport>
  /**
   * What a change would give and take, of each principal, and where; nothing is changed. The principals come in pages: a page
   * without items says that nothing is otherwise for those looked at. Nobody's permission to make the change is asked for. It
   * holds the tenant's access lock while it looks.
   * @throws what making the change throws, INPUT_INVALID, CURSOR_INVALID
   */
  diff(change: AccessChange, options?: DiffOptions): Promise<AccessDiff>
  /** What in roles, policies and assignments does nothing, or more than was meant; the worst first. @throws CONFLICT */
  lint(): Promise<LintReport>
}

export function createAccessTools(context: TenantContext, permissions: Permissions): AccessTools {
  return {
    async export(options = {}) {
      checkKeys(options, 'options', ['places', 'assignments'])
      const { exportModel } = await import('./model-export.ts')
      return context.scope.transaction((unit) => exportModel(unit, permissions, options))
    },
    async import(document, options) {
      const { importModel } = await import('./model-import.ts')
      return importModel(context, permissions, document, options)
    },
    async diff(change, options) {
      const { diffAccess } = await import('./diff.ts')
      return diffAccess(context, permissions, change, options)
    },
    async lint() {
      const { lintAccess } = await import('./lint.ts')
      return context.scope.transaction((unit) => lintAccess(unit, permissions, context.runtime.now()))
    },
  }
}
