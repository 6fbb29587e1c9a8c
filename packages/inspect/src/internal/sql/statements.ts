/** What a statement does to a database. */
export type SqlEffect =
  | "read"
  | "write"
  | "ddl"
  | "session"
  | "transaction"
  | "privilege"
  | "program"
  | "function";

/** What a type of statement means. */
export interface StatementMeaning {
  /** How the fact names it. */
  readonly kind: string;
  /** What it does by itself; the statements within it add theirs. */
  readonly effects: readonly SqlEffect[];
}

const DDL =
  "AlterTableStmt ReplicaIdentityStmt AlterCollationStmt AlterDomainStmt CreateSchemaStmt CreateStmt " +
  "CreateTableSpaceStmt DropTableSpaceStmt AlterTableSpaceOptionsStmt AlterTableMoveAllStmt " +
  "CreateExtensionStmt AlterExtensionStmt AlterExtensionContentsStmt CreateFdwStmt AlterFdwStmt " +
  "CreateForeignServerStmt AlterForeignServerStmt CreateForeignTableStmt ImportForeignSchemaStmt " +
  "CreateAmStmt CreateTrigStmt CreateEventTrigStmt AlterEventTrigStmt CreatePLangStmt CreateSeqStmt " +
  "AlterSeqStmt DefineStmt CreateDomainStmt CreateOpClassStmt CreateOpFamilyStmt AlterOpFamilyStmt " +
  "DropStmt TruncateStmt CommentStmt SecLabelStmt IndexStmt CreateStatsStmt AlterStatsStmt " +
  "CreateFunctionStmt AlterFunctionStmt RenameStmt AlterObjectDependsStmt AlterObjectSchemaStmt " +
  "AlterOwnerStmt AlterOperatorStmt AlterTypeStmt RuleStmt CompositeTypeStmt CreateEnumStmt " +
  "CreateRangeStmt AlterEnumStmt ViewStmt CreatedbStmt AlterDatabaseStmt " +
  "AlterDatabaseRefreshCollStmt AlterDatabaseSetStmt DropdbStmt AlterSystemStmt ClusterStmt VacuumStmt " +
  "CreateTableAsStmt RefreshMatViewStmt CheckPointStmt ReindexStmt CreateConversionStmt " +
  "CreateCastStmt CreateTransformStmt AlterTSDictionaryStmt AlterTSConfigurationStmt " +
  "CreatePublicationStmt AlterPublicationStmt CreateSubscriptionStmt AlterSubscriptionStmt " +
  "DropSubscriptionStmt ReturnStmt";
const PRIVILEGE =
  "GrantStmt GrantRoleStmt AlterDefaultPrivilegesStmt CreateRoleStmt AlterRoleStmt AlterRoleSetStmt " +
  "DropRoleStmt ReassignOwnedStmt DropOwnedStmt CreatePolicyStmt AlterPolicyStmt " +
  "CreateUserMappingStmt AlterUserMappingStmt DropUserMappingStmt";
const SESSION =
  "VariableSetStmt DeclareCursorStmt ClosePortalStmt FetchStmt NotifyStmt ListenStmt UnlistenStmt " +
  "PrepareStmt ExecuteStmt DeallocateStmt DiscardStmt";

function each(names: string, meaning: StatementMeaning): [string, StatementMeaning][] {
  return names.split(" ").map((name) => [name, meaning]);
}

/** Every type of statement; one that is not here fails the fact. */
export const STATEMENTS: ReadonlyMap<string, StatementMeaning> = new Map<string, StatementMeaning>([
  ["SelectStmt", { kind: "select", effects: ["read"] }],
  ["InsertStmt", { kind: "insert", effects: ["write"] }],
  ["UpdateStmt", { kind: "update", effects: ["write"] }],
  ["DeleteStmt", { kind: "delete", effects: ["write"] }],
  ["MergeStmt", { kind: "merge", effects: ["write"] }],
  // Direction and target add to this.
  ["CopyStmt", { kind: "copy", effects: [] }],
  ["ExplainStmt", { kind: "explain", effects: [] }],
  ["VariableShowStmt", { kind: "show", effects: ["read"] }],
  ["LockStmt", { kind: "lock", effects: ["transaction"] }],
  ["TransactionStmt", { kind: "transaction", effects: ["transaction"] }],
  ["ConstraintsSetStmt", { kind: "transaction", effects: ["transaction"] }],
  ["DoStmt", { kind: "do", effects: ["program"] }],
  ["CallStmt", { kind: "call", effects: ["program"] }],
  ["LoadStmt", { kind: "load", effects: ["program"] }],
  ...each(DDL, { kind: "ddl", effects: ["ddl"] }),
  ...each(PRIVILEGE, { kind: "privilege", effects: ["privilege"] }),
  ...each(SESSION, { kind: "session", effects: ["session"] }),
]);

/** Every other type of node of the raw parse tree; one that is not here fails the fact. */
export const NODES: ReadonlySet<string> = new Set(
  (
    "A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star AccessPriv Alias AlterTableCmd BitString " +
    "BoolExpr Boolean BooleanTest CTECycleClause CTESearchClause CaseExpr CaseWhen CoalesceExpr " +
    "CollateClause ColumnDef ColumnRef CommonTableExpr Constraint CreateOpClassItem CurrentOfExpr " +
    "DefElem Float FuncCall FunctionParameter GroupingFunc GroupingSet IndexElem InferClause Integer " +
    "IntoClause JoinExpr JsonAggConstructor JsonArgument JsonArrayAgg JsonArrayConstructor " +
    "JsonArrayQueryConstructor JsonBehavior JsonFormat JsonFuncExpr JsonIsPredicate JsonKeyValue " +
    "JsonObjectAgg JsonObjectConstructor JsonOutput JsonParseExpr JsonReturning JsonScalarExpr " +
    "JsonSerializeExpr JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr List LockingClause " +
    "MergeSupportFunc MergeWhenClause MinMaxExpr MultiAssignRef NamedArgExpr NullTest ObjectWithArgs " +
    "OnConflictClause ParamRef PartitionBoundSpec PartitionCmd PartitionElem PartitionRangeDatum " +
    "PartitionSpec PublicationObjSpec PublicationTable RangeFunction RangeSubselect RangeTableFunc " +
    "RangeTableFuncCol RangeTableSample RangeVar ResTarget ReturningClause ReturningOption RoleSpec " +
    "RowExpr SQLValueFunction SetToDefault SortBy StatsElem String SubLink TableLikeClause " +
    "TriggerTransition TypeCast TypeName VacuumRelation WindowDef WithClause XmlExpr XmlSerialize"
  ).split(" "),
);
