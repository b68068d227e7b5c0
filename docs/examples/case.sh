#!/usr/bin/env bash
# A whole withdrawal case with curl: registration, assessment, two paths, an offer, approval, refund, closing, archive.
# A customer wants out because their spouse never saw the unit. Loss above ¥50,000: the city general manager has to approve.
#
#   make serve            # in one terminal
#   docs/examples/case.sh # in another; needs bash, curl and python3, and `calmdesk` on the PATH (.venv/bin)
#
# Every command that changes something names the version it is based on (If-Match), taken from the case as it is.
set -euo pipefail
BASE=${BASE:-http://127.0.0.1:8080}
RUN=$(date +%s)

field() { python3 -c 'import json,sys; print(eval("d"+sys.argv[1], {"d": json.load(sys.stdin)}))' "$1"; }
say() { printf '\n== %s\n' "$*" >&2; }

api() { # api WHO METHOD PATH [JSON] → the answer; ends the script with the problem if it is refused
  local token=TOKEN_$1 method=$2 path=$3 version answer status
  version=$([ "$method" = GET ] || [ -z "${CASE:-}" ] || curl -sS -H "Authorization: Bearer ${!token}" "$BASE/v1/cases/$CASE" | field '["version"]')
  answer=$(curl -sS -w '\n%{http_code}' -X "$method" "$BASE/v1/$path" -H "Authorization: Bearer ${!token}" \
    -H "If-Match: \"${VERSION:-${version:-0}}\"" -H 'Content-Type: application/json' ${4:+--data "$4"})
  status=${answer##*$'\n'} answer=${answer%$'\n'*}
  [ "$status" -lt 300 ] || { echo "$method $path: $status $answer" >&2; return 1; }
  printf '%s' "$answer"
}

hire() { # hire WHO ROLE[@SITE]: an account, its one-time password changed, a token in TOKEN_WHO, the id in ID_WHO
  local name="$1-$RUN" once token
  once=$(calmdesk user add "$name" --role "$2" --json | field '["one_time_password"]')
  token=$(curl -sS "$BASE/v1/tokens" --json "{\"username\": \"$name\", \"password\": \"$once\"}" | field '["token"]')
  curl -sS -f "$BASE/v1/me/password" -H "Authorization: Bearer $token" --json "{\"old_password\": \"$once\", \"new_password\": \"tea-first-$RUN-$1\"}" >/dev/null
  token=$(curl -sS "$BASE/v1/tokens" --json "{\"username\": \"$name\", \"password\": \"tea-first-$RUN-$1\"}" | field '["token"]')
  declare -g "TOKEN_$1=$token"
  declare -g "ID_$1=$(curl -sS "$BASE/v1/me" -H "Authorization: Bearer $token" | field '["id"]')"
}

say "People: who received the customer is never who sold the unit"
for who in "consultant staff@HD" "reception receptionist@HD" "manager site_manager@HD" "finance finance@HD" "legal legal" "marketing marketing@HD" "gm city_gm"; do
  hire $who
done
SITE=$(api manager GET me | field '["roles"][0]["site_id"]')

say "The refund rule may be used once group legal has authorised it and it hangs on site"
RULE=$(api legal GET 'policies?kind=refund' | field '["items"][0]["id"]')
STATUS=$(api legal GET "policies/$RULE" | field '["status"]')
rule_version() { api legal GET "policies/$RULE" | field '["version"]'; }
[ "$STATUS" != draft ] || VERSION=$(rule_version) api legal POST "policies/$RULE/authorise" >/dev/null
[ "$STATUS" = published ] || VERSION=$(rule_version) api manager POST "policies/$RULE/postings" "{\"site_id\": \"$SITE\", \"proof\": \"销售大厅公示栏，照片 $RUN\"}" >/dev/null
[ "$STATUS" = published ] || VERSION=$(rule_version) api gm POST "policies/$RULE/publish" '{}' >/dev/null

say "Step 1: the request comes in, the clock starts, the form is filled in and handed in within 30 minutes"
CASE=$(api consultant POST cases "{\"customer_label\": \"王先生\", \"unit_label\": \"3栋1202\", \"responsible_id\": \"$ID_consultant\"}" | field '["id"]')
api manager POST "cases/$CASE/assignment" "{\"receptionist_id\": \"$ID_reception\"}" >/dev/null
api reception PATCH "cases/$CASE/registration" '{
  "customer_name": "王小明", "id_type": "resident_id", "id_number": "11010519491231002X", "id_scan_missing_reason": "客户未携带证件，次日补交",
  "phone": "13812345678", "phone_unverified_reason": "客户手机无信号",
  "subscription_code": "RG-2026-0815", "subscription_date": "2026-10-01", "building": "3栋", "unit": "1202", "unit_type": "三室两厅 118㎡",
  "price_fen": 300000000, "receipt_wording": "今收到王小明认购定金人民币贰拾万元整", "receipt_kind": "earnest", "receipt_amount_fen": 20000000,
  "causes": ["family"], "cause_text": "配偶看房后认为朝向不好，坚持退房",
  "alternative": "to_discuss", "alternative_note": "换同户型南向可以考虑", "alternative_unrecorded_reason": "客户不同意录音"}' >/dev/null
api reception GET "cases/$CASE/registration/completeness" >&2
api reception POST "cases/$CASE/submit" >/dev/null

say "Step 2: finance, legal and marketing assess; the rule decides who has to approve"
task_version() { # the version of one department's task: three work on the case at once
  api "$1" GET "cases/$CASE/tasks" | python3 -c 'import json,sys; print(next(t["version"] for t in json.load(sys.stdin) if t["kind"] == sys.argv[1]))' "$1_assessment"
}
VERSION=$(task_version finance) api finance PUT "cases/$CASE/assessment/finance" '{"deposit_received": true, "deposit_fen": 20000000, "deposit_on": "2026-10-01", "paid_fen": 20000000,
    "commission": {"fen": 4200000, "note": "佣金 1.4%，已计提"}, "advertising": {"fen": 800000, "note": "按月分摊"}, "opportunity": {"fen": 1500000, "note": "错过意向客户一组"}}' >/dev/null
VERSION=$(task_version legal) api legal PUT "cases/$CASE/assessment/legal" '{"contract_stage": "deposit_only", "online_signed": false, "loan": "none", "breach": "customer", "litigation_risk": false}' >/dev/null
VERSION=$(task_version marketing) api marketing PUT "cases/$CASE/assessment/marketing" '{"likely_to_spread": "low", "media_involved": false, "group_demand": false}' >/dev/null
api manager POST "cases/$CASE/assessment/conclude" '{"summary": "家庭分歧，客户坚决；按路径 B、C 准备方案"}' >/dev/null
api manager GET "cases/$CASE" | field '["tier"]' >&2

say "Step 3: at least two paths, priced to the fen, put before the customer"
api manager POST "cases/$CASE/solutions" '{"terms": {"kind": "rescission", "refund_bp": 7000}}' >/dev/null
api manager POST "cases/$CASE/solutions" '{"terms": {"kind": "transfer", "successor": "李女士", "fee_bp": 100, "reduction_bp": 5000}}' >/dev/null
OFFER=$(api manager POST "cases/$CASE/offer" '{}')
curl -sS -f -o "offer-$RUN.pdf" "$BASE/v1/cases/$CASE/offer.pdf" -H "Authorization: Bearer $TOKEN_manager"
CHOSEN=$(printf '%s' "$OFFER" | python3 -c 'import json,sys; print(next(p["solution_id"] for p in json.load(sys.stdin)["paths"] if p["kind"] == "rescission"))')
REFUND=$(printf '%s' "$OFFER" | python3 -c 'import json,sys; print(next(p["price"]["total_fen"] for p in json.load(sys.stdin)["paths"] if p["kind"] == "rescission"))')
SIGNED=$(curl -sS -f "$BASE/v1/cases/$CASE/evidence" -H "Authorization: Bearer $TOKEN_manager" -F kind=contract -F "file=@offer-$RUN.pdf;type=application/pdf" | field '["id"]')
api manager POST "cases/$CASE/offer/answer" "{\"answer\": \"accept\", \"solution_id\": \"$CHOSEN\", \"support\": {\"evidence_id\": \"$SIGNED\"},
  \"payees\": [{\"role\": \"buyer\", \"name\": \"王小明\", \"bank\": \"中国工商银行上海市分行\", \"account\": \"6222021001112223334\", \"amount_fen\": $REFUND}]}" >/dev/null

say "Approval: four eyes. Who started it cannot approve, who approved cannot pay"
STEP=$(api gm GET approvals)
waiting() { printf '%s' "$STEP" | field "['items'][0]['$1']"; }
VERSION=$(waiting version) api gm POST "approvals/$(waiting step_id)/decision" \
  "{\"decision\": \"approve\", \"reason\": \"金额与评估一致，同意\", \"content_hash\": \"$(waiting content_hash)\"}" >/dev/null

say "Finance makes the refund instruction in one action, from the approved figures, and confirms the payment"
VERSION=$(curl -sS "$BASE/v1/sites/$SITE/refund-account" -H "Authorization: Bearer $TOKEN_finance" | python3 -c 'import json,sys; print(json.load(sys.stdin).get("version", 0))') \
  api finance PUT "sites/$SITE/refund-account" '{"holder": "海德花园置业有限公司", "account": "6222020000111122223", "bank": "中国工商银行苏州分行", "bank_code": "102305000001"}' >/dev/null
api finance POST "cases/$CASE/refund-instruction" >&2
curl -sS -f "$BASE/v1/cases/$CASE/refund-instruction/xml" -H "Authorization: Bearer $TOKEN_finance" | head -c 400 >&2
api finance POST "cases/$CASE/refund-instruction/confirm" "{\"paid_on\": \"$(TZ=CST-8 date +%F)\", \"bank_reference\": \"ICBC$RUN\"}" >/dev/null

say "Step 4: four actions within 24 hours, then the archive"
api manager POST "cases/$CASE/closing/customer-tag" '{}' >/dev/null
api manager POST "cases/$CASE/closing/knowledge-file" '{"title": "配偶未到场看房导致退房", "summary": "客户独自认购，配偶次日认为朝向不佳。", "lessons": "认购环节须核对《共居人知情确认书》。"}' >/dev/null
api manager POST "cases/$CASE/closing/regional-brief" '{"remark": "客户已平复，无传播迹象。"}' >/dev/null
api manager POST "cases/$CASE/closing/team-review" "{\"held_at\": \"$(date -u +%FT%TZ)\", \"participants\": [\"张经理\", \"李静\"], \"findings\": \"接待及时，认购前未核对共居人。\", \"sop_change\": \"认购清单增加共居人知情确认书一项。\"}" >/dev/null
api manager POST "cases/$CASE/archive" >/dev/null

say "What happened, step by step"
api manager GET "cases/$CASE/timeline" | python3 -c 'import json,sys
for row in json.load(sys.stdin): print(row["at"][:19], row["what"], row["who"] or "", json.dumps(row["detail"], ensure_ascii=False)[:100])' >&2
api manager GET "cases/$CASE" | python3 -c 'import json,sys; d = json.load(sys.stdin); print(d["code"], d["status"], d["outcome"])'
