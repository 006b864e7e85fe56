#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "util/box_schema.hh"

namespace gauntlet {
namespace {

// Asking for a parameter the schema does not have, or for the wrong type, is a defect of the box, not of its user.
template <typename T>
const T& value_of(const std::map<std::string, Params::Value, std::less<>>& values, std::string_view name) {
  const auto it = values.find(name);
  if (it == values.end()) throw std::logic_error(fmt::format("box parameter '{}' is not in its schema", name));
  const T* value = std::get_if<T>(&it->second);
  if (value == nullptr) throw std::logic_error(fmt::format("box parameter '{}' has another type", name));
  return *value;
}

}  // namespace

bool Params::flag(std::string_view name) const { return value_of<bool>(values_, name); }
int64_t Params::number(std::string_view name) const { return value_of<int64_t>(values_, name); }
double Params::real(std::string_view name) const { return value_of<double>(values_, name); }
const std::string& Params::text(std::string_view name) const { return value_of<std::string>(values_, name); }
bool Params::given(std::string_view name) const {
  return std::find(given_.begin(), given_.end(), name) != given_.end();
}

void Params::set(std::string name, Value value, bool by_person) {
  if (by_person && !given(name)) given_.push_back(name);
  values_.insert_or_assign(std::move(name), std::move(value));
}

}  // namespace gauntlet
