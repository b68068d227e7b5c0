"""What can be wrong with a library file: one closed list of codes, each pointing at file, line and column."""

from __future__ import annotations

from dataclasses import dataclass

PROBLEMS: dict[str, tuple[str, str]] = {
    "missing_file": ("缺少文件或文件夹", "The file or folder is missing"),
    "not_utf8": ("文件不是 UTF-8 编码", "The file is not UTF-8"),
    "syntax": ("YAML 语法错误：{detail}", "YAML syntax error: {detail}"),
    "not_mapping": ("此处应为「字段: 值」", "Expected fields with values here"),
    "not_list": ("此处应为列表", "Expected a list here"),
    "not_text": ("此处应为文字", "Expected text here"),
    "empty_text": ("内容不能为空", "The text must not be empty"),
    "missing_field": ("缺少字段「{field}」", "Field “{field}” is missing"),
    "unknown_field": ("未知字段「{field}」", "Unknown field “{field}”"),
    "duplicate_field": ("字段「{field}」重复", "Field “{field}” is given twice"),
    "unknown_value": ("「{value}」不在可选值中：{allowed}", "“{value}” is not one of: {allowed}"),
    "bad_number": ("「{value}」应为 {low} 到 {high} 之间的数字", "“{value}” must be a number from {low} to {high}"),
    "bad_date": ("「{value}」不是日期（应为 2026-01-31 的格式）", "“{value}” is not a date (write 2026-01-31)"),
    "bad_id": (
        "「{value}」不能作编号：只用小写字母、数字、连字符和下划线",
        "“{value}” is no id: use lower-case letters, digits, hyphens and underscores",
    ),
    "no_hanzi": ("「{value}」必须包含汉字", "“{value}” must contain Chinese characters"),
    "no_sound": ("「{value}」里没有可以听的字", "There is nothing in “{value}” that could be heard"),
    "too_long": ("太长：{count} 个字，最多 {most} 个", "Too long: {count} characters, at most {most}"),
    "too_short": ("「{value}」太短，会到处误报：至少 {least} 个字", "“{value}” is too short to be told from chance: at least {least}"),
    "promise": ("含有承诺性字眼「{value}」，不能通过审核", "Contains the promise “{value}”; it cannot be approved"),
    "duplicate_id": ("编号「{value}」与 {place} 重复", "Id “{value}” is used already at {place}"),
    "duplicate_text": ("话术与 {place} 的文字相同", "The same text stands at {place}"),
    "duplicate_word": ("「{value}」已用于「{owner}」（{place}）", "“{value}” belongs to “{owner}” already ({place})"),
    "unknown_script": ("没有编号为「{value}」的话术", "There is no script with the id “{value}”"),
    "unapproved_script": ("话术「{value}」未通过审核，不能作为替代说法", "Script “{value}” is not approved and cannot be said instead"),
    "no_instead": ("请用 scripts 或 zh/en 写明应当怎么说", "Say what to say instead, by scripts or by zh and en"),
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in one file. `line` and `column` count from 1; prints as file:line:column so that editors can jump to it."""

    file: str
    line: int
    column: int
    code: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.zh} / {self.en}"


def problem(file: str, line: int, column: int, code: str, **values: object) -> Problem:
    zh, en = PROBLEMS[code]
    return Problem(file, line, column, code, zh.format(**values), en.format(**values))


class LibraryError(Exception):
    """The library cannot be used; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(one) for one in problems))
        self.problems = problems
