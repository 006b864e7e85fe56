#include "path/option_filter.hh"

#include <iterator>

#include "util/error.hh"

namespace gauntlet {

OptionFilter::OptionFilter(const Params& p, const std::string& box)
    : kind_(static_cast<uint8_t>(p.number("kind"))),
      subtypes_(classes_named(p.text("subtype"))),
      dss_(p.text("dss")[0]) {
  if ((subtypes_ & 0xffff & ~kClassAny) != 0)
    throw UsageError(box + ": subtype wants MPTCP subtypes, not segment classes");
  if (kind_ != kOptMptcp && !(subtypes_ & kClassAny)) throw UsageError(box + ": subtype goes with kind=30");
  if (dss_ != 'a' && subtypes_ != kClassDss) throw UsageError(box + ": dss goes with subtype=dss");
}

bool OptionFilter::right_dss(ConstBytes option) const {
  const MptcpOption decoded = decode_mptcp(option);
  const auto* dss = std::get_if<Dss>(&decoded);
  return dss && (dss_ == 'f' ? dss->data_fin : dss->mapping && dss->mapping->length == 0);
}

std::vector<ParamSpec> option_params(ParamSpec kind, std::vector<ParamSpec> more) {
  const ParamSpec subtype{.name = "subtype",
                          .type = ParamType::classes,
                          .fallback = "any",
                          .help = "with kind 30: MPTCP subtypes, joined by +"};
  const ParamSpec dss{.name = "dss",
                      .type = ParamType::choice,
                      .fallback = "any",
                      .help = "with subtype=dss: which of them",
                      .choices = {"any", "infinite", "fin"}};
  std::vector<ParamSpec> all{std::move(kind), subtype, dss};
  std::move(more.begin(), more.end(), std::back_inserter(all));
  return all;
}

std::vector<std::string> option_fields(const Params& p) {
  const std::string option = "option " + std::to_string(p.number("kind"));
  const Classes subtypes = classes_named(p.text("subtype"));
  std::vector<std::string> all;
  for (const std::string_view word : kClassWords) {
    const Classes bit = classes_named(word);
    if ((subtypes & bit) != 0 && bit != kClassAny) all.push_back(option + "/" + std::string(word));
  }
  if (all.empty()) all.push_back(option);
  return all;
}

}  // namespace gauntlet
